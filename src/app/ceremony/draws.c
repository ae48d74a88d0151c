/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are drawn for a step and become part of its result: on the disk before they are used, and used again
 * after an interruption. With them, anybody can make the same result again (replay.c). */
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "app/ceremony/ceremony.h"
#include "base/text.h"
#include "x509/openssl_error.h"

#define MOST_BYTES 64u

static const char *drawn_before(const pc_ceremony *ceremony, const char *purpose)
{
    for (size_t i = 0; i < ceremony->progress.draws.count; i++) {
        if (strcmp(ceremony->progress.draws.items[i].purpose, purpose) == 0) {
            return ceremony->progress.draws.items[i].value;
        }
    }
    return NULL;
}

static pc_status record(const pc_ceremony *ceremony, const pc_script_step *step, const pc_ceremony_draw *draw,
                        const char *source, pc_error *err)
{
    return pc_transcript_add(ceremony->transcript, "draw",
                             json_pack("{s:s, s:s, s:s, s:I}", "purpose", draw->purpose, "source", source, "value",
                                       draw->value, "step", (json_int_t)step->number),
                             err);
}

pc_status pc_ceremony_draw_bytes(const pc_ceremony *ceremony, const pc_script_step *step, pc_ceremony_draw *draw,
                                 pc_error *err)
{
    uint8_t bytes[MOST_BYTES];

    draw->value = drawn_before(ceremony, draw->purpose);
    if (draw->value) {
        return PC_OK;
    }
    if (draw->len > sizeof bytes || RAND_bytes(bytes, (int)draw->len) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "no random %s could be generated", draw->purpose);
    }
    draw->value = pc_text_hex(ceremony->arena, (pc_bytes){ bytes, draw->len }, '\0');
    const char *source = pc_arena_format(ceremony->arena, "OpenSSL RAND_bytes, %zu bytes", draw->len);

    return draw->value && source ? record(ceremony, step, draw, source, err) : pc_fail_memory(err);
}

pc_status pc_ceremony_draw_time(const pc_ceremony *ceremony, const pc_script_step *step, int64_t *ret_sec,
                                pc_error *err)
{
    char text[PC_TIME_TEXT];
    const int64_t now_sec = (int64_t)time(NULL);
    const pc_ceremony_draw draw = { .purpose = PC_DRAW_TIME, .value = text };
    const char *before = drawn_before(ceremony, PC_DRAW_TIME);

    if (before) {
        return pc_text_to_time(before, ret_sec)
                   ? PC_OK
                   : pc_fail(err, PC_E_VERIFY, "the time of issue in the transcript cannot be read");
    }
    if (!pc_text_time(now_sec, text)) {
        return pc_fail(err, PC_E_INTERNAL, "the time cannot be written");
    }
    PC_TRY(record(ceremony, step, &draw, "clock of this machine", err));
    *ret_sec = now_sec;
    return PC_OK;
}
