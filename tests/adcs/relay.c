/* SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "must.h"

#define CONNECTIONS 8u

typedef struct {
    int client; /* -1: closed */
    int server;
} relay_pair;

struct test_relay {
    pthread_t thread;
    int listener;
    int wake[2]; /* closed at the end */
    unsigned short ports[2];
    relay_pair pairs[CONNECTIONS];
    atomic_uint count;
    atomic_bool drops;
    char begin[512];
    atomic_size_t begin_len;
};

static struct sockaddr_in loopback(unsigned short port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
}

static void close_pair(relay_pair *pair)
{
    (void)close(pair->client);
    (void)close(pair->server);
    pair->client = -1;
    pair->server = -1;
}

static void add_pair(test_relay *relay)
{
    unsigned number = atomic_load(&relay->count);
    struct sockaddr_in address = loopback(relay->ports[number > 0]);
    relay_pair *added = &relay->pairs[number];

    MUST(number < CONNECTIONS);
    added->client = accept(relay->listener, NULL, NULL);
    added->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST(added->client >= 0 && connect(added->server, (struct sockaddr *)&address, sizeof address) == 0);
    atomic_store(&relay->count, number + 1);
}

static void keep_begin(test_relay *relay, const char *bytes, size_t len)
{
    size_t used = atomic_load(&relay->begin_len);
    size_t room = sizeof relay->begin - 1 - used;

    len = len < room ? len : room;
    memcpy(relay->begin + used, bytes, len);
    atomic_store(&relay->begin_len, used + len);
}

/* False: the connection has ended. */
static bool pass(int from, int to, char *bytes, ssize_t *ret_len)
{
    *ret_len = recv(from, bytes, 16384, 0);
    return *ret_len > 0 && send(to, bytes, (size_t)*ret_len, MSG_NOSIGNAL) == *ret_len;
}

static void serve_pair(test_relay *relay, relay_pair *pair, const struct pollfd events[2])
{
    char bytes[16384];
    ssize_t len = 0;

    if (events[0].revents && pair == relay->pairs && atomic_load(&relay->drops)) {
        close_pair(pair);
        return;
    }
    if (events[0].revents) {
        bool passed = pass(pair->client, pair->server, bytes, &len);

        keep_begin(relay, bytes, len > 0 ? (size_t)len : 0);
        if (!passed) {
            close_pair(pair);
            return;
        }
    }
    if (events[1].revents && !pass(pair->server, pair->client, bytes, &len)) {
        close_pair(pair);
    }
}

static void *run(void *user)
{
    test_relay *relay = user;

    for (;;) {
        struct pollfd events[2 + 2 * CONNECTIONS] = {
            { .fd = relay->listener, .events = POLLIN },
            { .fd = relay->wake[0], .events = POLLIN },
        };

        for (size_t i = 0; i < CONNECTIONS; i++) {
            events[2 + 2 * i] = (struct pollfd){ .fd = relay->pairs[i].client, .events = POLLIN };
            events[3 + 2 * i] = (struct pollfd){ .fd = relay->pairs[i].server, .events = POLLIN };
        }
        MUST(poll(events, sizeof events / sizeof *events, -1) > 0);
        if (events[1].revents) {
            return NULL;
        }
        for (size_t i = 0; i < CONNECTIONS; i++) {
            serve_pair(relay, &relay->pairs[i], events + 2 + 2 * i);
        }
        if (events[0].revents) {
            add_pair(relay);
        }
    }
}

static unsigned short port_in(const char *url)
{
    return (unsigned short)strtoul(strrchr(url, ':') + 1, NULL, 10);
}

test_relay *relay_new(const char *first, const char *second)
{
    test_relay *made = calloc(1, sizeof *made);
    struct sockaddr_in address = loopback(0);

    MUST(made && pipe(made->wake) == 0);
    made->ports[0] = port_in(first);
    made->ports[1] = port_in(second);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        made->pairs[i] = (relay_pair){ .client = -1, .server = -1 };
    }
    made->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST(bind(made->listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(made->listener, 8) == 0);
    MUST(pthread_create(&made->thread, NULL, run, made) == 0);
    return made;
}

int relay_port(const test_relay *relay)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;

    MUST(getsockname(relay->listener, (struct sockaddr *)&address, &len) == 0);
    return ntohs(address.sin_port);
}

void relay_drop_at_next_request(test_relay *relay)
{
    atomic_store(&relay->drops, true);
}

unsigned relay_connections(test_relay *relay)
{
    return atomic_load(&relay->count);
}

const char *relay_begin(test_relay *relay)
{
    (void)atomic_load(&relay->begin_len);
    return relay->begin;
}

void relay_free(test_relay *relay)
{
    (void)close(relay->wake[1]);
    MUST(pthread_join(relay->thread, NULL) == 0);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (relay->pairs[i].client >= 0) {
            close_pair(&relay->pairs[i]);
        }
    }
    (void)close(relay->listener);
    (void)close(relay->wake[0]);
    free(relay);
}
