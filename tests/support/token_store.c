/* SPDX-License-Identifier: Apache-2.0 */
#include "token_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "must.h"
#include "raw_token.h"

const char *token_store_path(const token_store *store, const char *name, char out[static 128])
{
    MUST(snprintf(out, 128, "%s/%s", store->folder, name) < 128);
    return out;
}

void token_store_write(const token_store *store, const char *name, const void *bytes, size_t len)
{
    char path[128];
    int fd = open(token_store_path(store, name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    MUST(fd >= 0);
    MUST(write(fd, bytes, len) == (ssize_t)len);
    MUST(close(fd) == 0);
}

/* In memory if possible: SoftHSM syncs each object that it writes. */
static void make_folder(token_store *store)
{
    const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    char conf[256];
    char path[128];

    MUST(snprintf(store->folder, sizeof store->folder, "%s/p11cert-test-XXXXXX", place) > 0);
    MUST(mkdtemp(store->folder));
    static const char format[] = "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n";
    int len = snprintf(conf, sizeof conf, format, store->folder);

    token_store_write(store, "softhsm2.conf", conf, (size_t)len);
    token_store_write(store, "user.pin", TOKEN_STORE_PIN "\n", strlen(TOKEN_STORE_PIN "\n"));
    MUST(mkdir(token_store_path(store, "tokens", path), 0700) == 0);
    MUST(snprintf(store->pin_source, sizeof store->pin_source, "file:%s/user.pin", store->folder) > 0);
}

void token_store_use(const token_store *store)
{
    char path[128];

    MUST(setenv("SOFTHSM2_CONF", token_store_path(store, "softhsm2.conf", path), 1) == 0);
    /* Records that a token does not store are files: each test has its own. */
    MUST(setenv("XDG_STATE_HOME", token_store_path(store, "state", path), 1) == 0);
}

void token_store_make(token_store *store)
{
    make_folder(store);
    token_store_use(store);
}

static void copy_file(int from_folder, int to_folder, const char *name)
{
    char bytes[16384];
    int from = openat(from_folder, name, O_RDONLY | O_CLOEXEC);
    int to = openat(to_folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ssize_t got;

    MUST(from >= 0 && to >= 0);
    while ((got = read(from, bytes, sizeof bytes)) > 0) {
        MUST(write(to, bytes, (size_t)got) == got);
    }
    MUST(got == 0);
    (void)close(from);
    (void)close(to);
}

static void copy_folder(const char *from, const char *to, int depth)
{
    DIR *folder = opendir(from);
    int target = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    MUST(folder && target >= 0 && depth < 4);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char from_path[512];
        char to_path[512];

        if (entry->d_name[0] == '.' || entry->d_type != DT_DIR) {
            if (entry->d_type == DT_REG) {
                copy_file(dirfd(folder), target, entry->d_name);
            }
            continue;
        }
        MUST(snprintf(from_path, sizeof from_path, "%s/%s", from, entry->d_name) < (int)sizeof from_path);
        MUST(snprintf(to_path, sizeof to_path, "%s/%s", to, entry->d_name) < (int)sizeof to_path);
        MUST(mkdir(to_path, 0700) == 0);
        copy_folder(from_path, to_path, depth + 1);
    }
    (void)closedir(folder);
    (void)close(target);
}

void token_store_copy(const token_store *from, token_store *ret_copy)
{
    char from_path[128];
    char to_path[128];

    token_store_make(ret_copy);
    copy_folder(token_store_path(from, "tokens", from_path), token_store_path(ret_copy, "tokens", to_path), 0);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

void token_store_remove(token_store *store)
{
    if (store->folder[0]) {
        (void)nftw(store->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        store->folder[0] = '\0';
    }
}

void token_store_add_token(const token_store *store, const char *label)
{
    token_store_use(store);
    raw_make_token(label, TOKEN_STORE_SO_PIN, TOKEN_STORE_PIN);
}

pc_token_access token_store_access(const token_store *store, const char *module, const char *token)
{
    return (pc_token_access){
        .module = module, .token = token, .pin_source = store->pin_source, .signer = getenv("P11CERT_SIGNER")
    };
}
