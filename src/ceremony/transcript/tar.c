/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/tar.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Offsets in a header, and lengths that include the NUL at the end of each field. */
enum {
    NAME = 0,
    MODE = 100,
    OWNER = 108,
    GROUP = 116,
    SIZE = 124,
    TIME = 136,
    CHECKSUM = 148,
    TYPE = 156,
    MAGIC = 257,
    DEVICE_MAJOR = 329,
    DEVICE_MINOR = 337,
};
#define NUMBER_LEN 8u
#define LONG_LEN   12u
#define SIZE_MOST  (((off_t)1 << 33) - 1)

static bool is_name_character(char c)
{
    return pc_is_alnum(c) || c == '.' || c == '_' || c == '-';
}

bool pc_ceremony_name_is_valid(const char *name)
{
    char before = '/';
    size_t len = 0;

    for (; name[len]; before = name[len], len++) {
        const bool starts = before == '/';

        if (len == PC_TAR_NAME_MAX || !(is_name_character(name[len]) || (name[len] == '/' && !starts)) ||
            (starts && (name[len] == '.' || name[len] == '-'))) {
            return false;
        }
    }
    return len > 0 && before != '/';
}

static void put_octal(uint8_t *field, size_t len, unsigned long long number)
{
    for (size_t i = len - 1; i-- > 0; number >>= 3) {
        field[i] = (uint8_t)('0' + (number & 7));
    }
}

/* The sum of all bytes, with the checksum field itself filled with spaces: six digits, NUL, space. */
static void put_checksum(uint8_t *header)
{
    unsigned sum = 0;

    memset(header + CHECKSUM, ' ', NUMBER_LEN);
    for (size_t i = 0; i < PC_TAR_BLOCK; i++) {
        sum += header[i];
    }
    put_octal(header + CHECKSUM, NUMBER_LEN - 1, sum);
    header[CHECKSUM + NUMBER_LEN - 2] = '\0';
}

bool pc_tar_header(const char *name, off_t len, uint8_t out[static PC_TAR_BLOCK])
{
    static const int zeros[] = { OWNER, GROUP, DEVICE_MAJOR, DEVICE_MINOR };

    memset(out, 0, PC_TAR_BLOCK);
    memcpy(out + NAME, name, strlen(name));
    put_octal(out + MODE, NUMBER_LEN, 0644);
    for (size_t i = 0; i < PC_COUNT(zeros); i++) {
        put_octal(out + zeros[i], NUMBER_LEN, 0);
    }
    put_octal(out + SIZE, LONG_LEN, (unsigned long long)len);
    put_octal(out + TIME, LONG_LEN, 0);
    out[TYPE] = '0';
    memcpy(out + MAGIC, "ustar\0" /* followed by the version: */ "00", 8);
    put_checksum(out);
    return len >= 0 && len <= SIZE_MOST;
}

size_t pc_tar_padding(off_t len)
{
    return (PC_TAR_BLOCK - (size_t)(len % PC_TAR_BLOCK)) % PC_TAR_BLOCK;
}

static const char *type_words(uint8_t type)
{
    switch (type) {
    case '1':
    case '2':
        return "a link";
    case '3':
    case '4':
        return "a device";
    case '5':
        return "a folder";
    case '6':
        return "a pipe";
    case 'g':
    case 'x':
    case 'L':
    case 'K':
        return "an extended header";
    default:
        return "of an unknown type";
    }
}

static off_t read_size(const uint8_t *header)
{
    off_t size = 0;

    for (size_t i = 0; i < LONG_LEN - 1; i++) {
        size = size << 3 | (header[SIZE + i] & 7);
    }
    return size;
}

/* The rest of the header must be exactly what this name and this length give. */
static pc_status check_header(const uint8_t *header, const char *name, off_t len, pc_error *err)
{
    uint8_t expected[PC_TAR_BLOCK];
    char shown[4 * PC_TAR_NAME_MAX + 1] = "";

    pc_text_escape_into(name, strlen(name), shown, sizeof shown);
    if (header[TYPE] != '0') {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" in the bundle is %s; only regular files are allowed", shown,
                       type_words(header[TYPE]));
    }
    if (!pc_ceremony_name_is_valid(name)) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" in the bundle is not a name that a file of a ceremony may have",
                       shown);
    }
    if (!pc_tar_header(name, len, expected) || memcmp(header, expected, PC_TAR_BLOCK) != 0) {
        return pc_fail(
            err, PC_E_VERIFY,
            "the entry of \"%s\" in the bundle is not in the form in which bundles are written (owner, time, "
            "mode or checksum)",
            shown);
    }
    return PC_OK;
}

static pc_status check_zeros(const pc_part *bundle, off_t offset, size_t len, pc_error *err)
{
    uint8_t block[2 * PC_TAR_BLOCK];
    size_t there = 0;

    PC_TRY(pc_part_read(bundle, offset, block, len, &there, err));
    if (there != len || !pc_bytes_consist_of((pc_bytes){ block, len }, 0)) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" has bytes other than zeros after a file at byte %lld", bundle->name,
                       (long long)offset);
    }
    return PC_OK;
}

static pc_status check_end(const pc_part *bundle, off_t offset, pc_error *err)
{
    if (bundle->len != offset + 2 * (off_t)PC_TAR_BLOCK) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" does not end where its files end, at byte %lld", bundle->name,
                       (long long)offset);
    }
    return check_zeros(bundle, offset, (size_t)2 * PC_TAR_BLOCK, err);
}

static pc_status check_place(const pc_part *bundle, const pc_part *previous, const pc_part *file, pc_error *err)
{
    if (previous && strcmp(previous->name, file->name) >= 0) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" comes after \"%s\" in the bundle: names must ascend, and not repeat",
                       file->name, previous->name);
    }
    if (file->len > bundle->len - file->offset) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" in the bundle is cut off", file->name);
    }
    return check_zeros(bundle, file->offset + file->len, pc_tar_padding(file->len), err);
}

pc_status pc_tar_next(const pc_part *bundle, const pc_part *previous, pc_arena *arena, pc_part *ret_file, pc_error *err)
{
    const off_t offset =
        previous ? previous->offset - bundle->offset + previous->len + (off_t)pc_tar_padding(previous->len) : 0;
    uint8_t header[PC_TAR_BLOCK];
    size_t len = 0;

    PC_TRY(pc_part_read(bundle, offset, header, sizeof header, &len, err));
    if (len != sizeof header) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" ends in the middle", bundle->name);
    }
    if (header[0] == '\0') {
        ret_file->name = NULL;
        return check_end(bundle, offset, err);
    }
    const char *name = pc_arena_text(arena, (const char *)header, strnlen((const char *)header, PC_TAR_NAME_MAX + 1));
    const pc_part file = { name, bundle->fd, bundle->offset + offset + (off_t)PC_TAR_BLOCK, read_size(header) };

    if (!name) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_header(header, name, file.len, err));
    PC_TRY(check_place(bundle, previous, &file, err));
    *ret_file = file;
    return PC_OK;
}
