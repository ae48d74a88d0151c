/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ceremony/transcript/gather.h"
#include "ceremony/transcript/reader.h"
#include "ceremony/transcript/ssh_signature.h"
#include "ceremony/transcript/tar.h"

/*
 * The first byte chooses: a transcript, a record's canonical JSON, a bundle, or an SSH signature. Whatever a reader
 * accepts must be what it would write: that is checked here.
 */

static void read_transcript(const pc_part *part)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = NULL;
    PC_AUTO(pc_gathered) pc_gathered gathered = { .arena = NULL };
    pc_ceremony_verify_result verdict = { .arena = arena };
    bool more = true;

    if (!arena || pc_gathered_start(arena, &gathered, NULL) != PC_OK ||
        pc_transcript_reader_open(part, PC_TORN_SHOWN, &reader, NULL) != PC_OK) {
        return;
    }
    while (more) {
        PC_AUTO(pc_record) pc_record record = { .whole = NULL };

        if (pc_transcript_reader_next(reader, &record, &more, NULL) != PC_OK ||
            (more && pc_gather(&gathered, &record, &verdict, NULL) != PC_OK)) {
            return;
        }
    }
}

static void read_canonical(const uint8_t *data, size_t size)
{
    PC_AUTO(pc_json) json_t *value = NULL;
    PC_AUTO(free) char *again = NULL;

    if (pc_canonical_read((pc_bytes){ data, size }, &value, NULL) != PC_OK) {
        return;
    }
    if (pc_canonical_write(value, &again, NULL) != PC_OK || strlen(again) != size || memcmp(again, data, size) != 0) {
        __builtin_trap();
    }
}

static void read_bundle(const pc_part *bundle)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_part file = { .fd = -1 };

    for (bool is_first = true; arena && (is_first || file.name); is_first = false) {
        const pc_part previous = file;

        if (pc_tar_next(bundle, is_first ? NULL : &previous, arena, &file, NULL) != PC_OK) {
            return;
        }
        if (file.name && (!pc_ceremony_name_is_valid(file.name) || file.offset + file.len > bundle->len)) {
            __builtin_trap();
        }
    }
}

static void read_signature(const uint8_t *data, size_t size)
{
    static const uint8_t message[] = "message";
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *identity = NULL;

    if (arena) {
        (void)!pc_ssh_signature_verify((pc_bytes){ data, size }, (pc_bytes){ message, sizeof message - 1 }, arena,
                                       &identity, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PC_AUTO(pc_descriptor) int fd = size ? memfd_create("fuzz", MFD_CLOEXEC) : -1;

    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1)) {
        return 0;
    }
    const pc_part part = { .name = "fuzz", .fd = fd, .len = (off_t)(size - 1) };

    switch (data[0] % 4) {
    case 0:
        read_transcript(&part);
        break;
    case 1:
        read_canonical(data + 1, size - 1);
        break;
    case 2:
        read_bundle(&part);
        break;
    default:
        read_signature(data + 1, size - 1);
        break;
    }
    return 0;
}
