/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "enroll/http/address.h"
#include "enroll/protocol.h"
#include "must.h"
#include "rendered.h"
#include "run.h"

const char *stand_in(const char *variable)
{
    const char *value = getenv(variable);

    if (!value) {
        (void)fprintf(stderr, "%s is not set: run this by tests/adcs/with\n", variable);
        abort();
    }
    return value;
}

const char *stand_in_url(const char *server, const char *authentication, const char *mood)
{
    static char url[256];

    (void)snprintf(url, sizeof url, "%s/%s/%s/certsrv", stand_in(server), authentication, mood);
    return url;
}

pc_ca_access stand_in_access(const char *url)
{
    return (pc_ca_access){
        .url = url,
        .login = PC_CA_LOGIN_NONE,
        .cacert = stand_in("ADCS_CACERT"),
        .connect_sec = 10,
        .stall_sec = 10,
        .total_sec = 30,
    };
}

pc_status stand_in_open(const pc_ca_access *access, const pc_ca_credentials *credentials, pc_wire **ret_wire,
                        pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *address = NULL;

    MUST(arena);
    PC_TRY(pc_address_of_ca(arena, access, &pc_ca_certsrv.form, &address, err));
    return pc_wire_open(access, address, credentials, ret_wire, err);
}

size_t stand_in_seen(void)
{
    char path[256];
    size_t count = 0;

    (void)snprintf(path, sizeof path, "%s/seen", stand_in("ADCS_DIR"));
    DIR *folder = opendir(path);

    MUST(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(folder);
    return count;
}

const char *stand_in_file(pc_arena *arena, const char *name)
{
    const char *path = pc_arena_format(arena, "%s/%s", stand_in("ADCS_DIR"), name);
    pc_bytes bytes = { .len = 0 };

    MUST(path && pc_file_read(arena, path, (size_t)1 << 20, &bytes, NULL) == PC_OK);
    return (const char *)bytes.data;
}

const char *stand_in_last(pc_arena *arena, const char *name)
{
    const char *path = pc_arena_format(arena, "%s/seen/%04zu/%s", stand_in("ADCS_DIR"), stand_in_seen(), name);
    pc_bytes bytes = { .len = 0 };

    return path && pc_file_read(arena, path, (size_t)1 << 20, &bytes, NULL) == PC_OK ? (const char *)bytes.data : "";
}

static void run(const char *const argv[])
{
    char out[4096];

    if (run_program(argv, out, sizeof out) != 0) {
        (void)fprintf(stderr, "%s failed: %s\n", argv[0], out);
        abort();
    }
}

const char *stand_in_page(pc_arena *arena, const char *values, const char *language, const char *page)
{
    return page_rendered(arena, language, "", page, values);
}

const char *stand_in_request(pc_arena *arena, const char *host)
{
    const char *key = pc_arena_format(arena, "%s/%s.key", stand_in("ADCS_DIR"), host);
    const char *file = pc_arena_format(arena, "%s/%s.req", stand_in("ADCS_DIR"), host);

    run((const char *const[]){ "openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj",
                               pc_arena_format(arena, "/CN=%s", host), "-addext",
                               pc_arena_format(arena, "subjectAltName=DNS:%s", host), "-out", file, NULL });
    return stand_in_file(arena, pc_arena_format(arena, "%s.req", host));
}

void stand_in_decide(unsigned long id, const char *decision)
{
    char number[24];

    (void)snprintf(number, sizeof number, "%lu", id);
    run((const char *const[]){ ADCS_FOLDER "/approve", stand_in("ADCS_DIR"), number, decision, NULL });
}
