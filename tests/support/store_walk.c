/* SPDX-License-Identifier: Apache-2.0 */
#include "store_walk.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/sha.h>
#include <p11-kit/pkcs11.h>
#include <stdint.h>
#include <string.h>

#include "must.h"

/* SoftHSM's ObjectFile: a generation, then attributes of type, kind and value; numbers of eight bytes, the highest
 * first. */
enum { KIND_BOOL = 1, KIND_NUMBER = 2, KIND_BYTES = 3 };

typedef struct {
    const unsigned char *bytes;
    size_t len;
    size_t place;
} reading;

static bool read_number(reading *source, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (source->len - source->place < 8) {
        return false;
    }
    for (int i = 0; i < 8; i++) {
        number = number << 8 | source->bytes[source->place++];
    }
    *ret_number = number;
    return true;
}

static bool skip(reading *source, uint64_t len)
{
    if (source->len - source->place < len) {
        return false;
    }
    source->place += len;
    return true;
}

/* Nothing after an unknown kind is needed: the class is written before it. */
static bool skip_value(reading *source, uint64_t kind)
{
    uint64_t len = 0;

    switch (kind) {
    case KIND_BOOL:
        return skip(source, 1);
    case KIND_NUMBER:
        return skip(source, 8);
    case KIND_BYTES:
        return read_number(source, &len) && skip(source, len);
    default:
        return false;
    }
}

static bool is_content(uint64_t class, uint64_t type)
{
    switch (class) {
    case CKO_PRIVATE_KEY:
        return type == CKA_MODULUS || type == CKA_EC_PARAMS || type == CKA_VALUE;
    case CKO_PUBLIC_KEY:
        return type == CKA_MODULUS || type == CKA_EC_POINT || type == CKA_VALUE;
    case CKO_CERTIFICATE:
    case CKO_DATA:
        return type == CKA_VALUE;
    default:
        return true;
    }
}

/* Does an object of this class have its essential attribute? A secret key is not examined. */
static bool has_content(reading source, uint64_t class)
{
    uint64_t type = 0;
    uint64_t kind = 0;

    (void)skip(&source, 8);
    while (class != CKO_SECRET_KEY && read_number(&source, &type) && read_number(&source, &kind)) {
        reading value = source;
        uint64_t len = 0;

        if (is_content(class, type) && kind == KIND_BYTES && read_number(&value, &len) && len > 0) {
            return true;
        }
        if (!skip_value(&source, kind)) {
            return false;
        }
    }
    return class == CKO_SECRET_KEY;
}

static unsigned long class_in(reading source)
{
    uint64_t type = 0;
    uint64_t kind = 0;
    uint64_t class = 0;

    if (source.len == 0) {
        return WALK_EMPTY;
    }
    if (!skip(&source, 8)) {
        return WALK_NO_CLASS;
    }
    while (read_number(&source, &type) && read_number(&source, &kind)) {
        if (type == CKA_CLASS && kind == KIND_NUMBER) {
            return read_number(&source, &class) ? class : WALK_NO_CLASS;
        }
        if (!skip_value(&source, kind)) {
            break;
        }
    }
    return WALK_NO_CLASS;
}

/* An incompletely written object has no class. */
static unsigned long class_of(reading source)
{
    unsigned long class = class_in(source);

    return class < WALK_EMPTY && !has_content(source, class) ? WALK_NO_CLASS : class;
}

static void walk_file(const char *folder, const char *token, const char *name, store_walk *walk)
{
    char path[512];
    unsigned char bytes[16384];

    MUST(walk->count < sizeof walk->objects / sizeof *walk->objects);
    walked_object *object = &walk->objects[walk->count++];

    MUST(snprintf(object->name, sizeof object->name, "%s/%s", token, name) < (int)sizeof object->name);
    MUST(snprintf(path, sizeof path, "%s/%s", folder, object->name) < (int)sizeof path);
    FILE *file = fopen(path, "re");

    MUST(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);

    MUST(len < sizeof bytes && fclose(file) == 0);
    object->class = class_of((reading){ .bytes = bytes, .len = len });
    (void)SHA256(bytes, len, object->digest);
}

static bool is_object(const char *name)
{
    size_t len = strlen(name);

    return len > 7 && strcmp(name + len - 7, ".object") == 0 && strcmp(name, "token.object") != 0;
}

static void walk_token(const char *folder, const char *token, store_walk *walk)
{
    char path[512];

    MUST(snprintf(path, sizeof path, "%s/%s", folder, token) < (int)sizeof path);
    DIR *entries = opendir(path);

    MUST(entries);
    for (const struct dirent *entry; (entry = readdir(entries));) {
        if (is_object(entry->d_name)) {
            walk_file(folder, token, entry->d_name, walk);
        }
    }
    (void)closedir(entries);
}

void store_walk_take(const token_store *store, store_walk *ret_walk)
{
    char folder[128];
    DIR *tokens = opendir(token_store_path(store, "tokens", folder));

    MUST(tokens);
    ret_walk->count = 0;
    for (const struct dirent *entry; (entry = readdir(tokens));) {
        if (entry->d_name[0] != '.') {
            walk_token(folder, entry->d_name, ret_walk);
        }
    }
    (void)closedir(tokens);
}

const walked_object *store_walk_find(const store_walk *walk, const char *name)
{
    for (size_t i = 0; i < walk->count; i++) {
        if (strcmp(walk->objects[i].name, name) == 0) {
            return &walk->objects[i];
        }
    }
    return NULL;
}

bool store_walk_has(const store_walk *walk, const walked_object *object)
{
    const walked_object *found = store_walk_find(walk, object->name);

    return found && memcmp(found->digest, object->digest, sizeof found->digest) == 0;
}
