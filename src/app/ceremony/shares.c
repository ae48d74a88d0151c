/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_shares.h>

#include <stdio.h>
#include <string.h>

#include "base/folder.h"
#include "token/pin.h"
#include "token/share.h"

typedef struct {
    pc_secret *items[PC_SHARE_COUNT_MOST];
} cards;

static void clear_cards(cards *held)
{
    for (size_t i = 0; i < PC_COUNT(held->items); i++) {
        pc_secret_free(held->items[i]);
        held->items[i] = NULL;
    }
}

PC_AUTO_DEFINE_VALUE(cards, cards, clear_cards);

/* A file in locked memory until it is written: the public data of the share, and its card. */
static pc_status write_share(const pc_ceremony_shares_order *order, const pc_folder *folder, pc_secret *card,
                             unsigned index, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *text = NULL;
    char name[32] = "";
    char intro[200] = "";

    (void)snprintf(name, sizeof name, "share-%u.txt", index);
    (void)snprintf(intro, sizeof intro, "p11cert share %u of %u of a PIN. %u are required. Keep it secret.\n", index,
                   order->count, order->threshold);
    const size_t intro_len = strlen(intro);
    const size_t len = intro_len + pc_secret_len(card) + 1;

    PC_TRY(pc_secret_new(len, &text, err));
    memcpy(pc_secret_bytes(text), intro, intro_len);
    memcpy(pc_secret_bytes(text) + intro_len, pc_secret_bytes(card), pc_secret_len(card));
    pc_secret_bytes(text)[len - 1] = '\n';
    return pc_folder_write(folder, name, pc_secret_bytes(text), len, err);
}

static pc_status read_pin(const pc_ceremony_shares_order *order, const pc_token_access *access, pc_secret **ret_pin,
                          pc_error *err)
{
    const pc_secret_request request = { .source = order->pin_source ? order->pin_source : "prompt",
                                        .access = access,
                                        .what = "PIN to be split",
                                        .kind = PC_SECRET_NEW_PIN };

    return pc_secret_read_new(&request, ret_pin, err);
}

pc_status pc_ceremony_shares_run(const pc_ceremony_shares_order *order, const pc_token_access *access, pc_error *err)
{
    PC_AUTO(pc_folder) pc_folder *folder = NULL;
    PC_AUTO(pc_secret) pc_secret *pin = NULL;
    PC_AUTO(cards) cards held = { { NULL } };

    PC_TRY(pc_share_check_numbers(order->threshold, order->count, err));
    PC_TRY(pc_folder_open(order->folder, &folder, err));
    PC_TRY(read_pin(order, access, &pin, err));
    PC_TRY(pc_share_split(pin, order->threshold, order->count, held.items, err));
    for (unsigned i = 0; i < order->count; i++) {
        PC_TRY(write_share(order, folder, held.items[i], i + 1, err));
    }
    return pc_folder_commit(folder, err);
}
