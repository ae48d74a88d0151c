/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "token/share.h"

#define COUNT     5u
#define THRESHOLD 3u

static pc_secret *secret_of(const char *text)
{
    pc_secret *secret = NULL;

    assert_int_equal(pc_secret_new(1024, &secret, NULL), PC_OK);
    memcpy(pc_secret_bytes(secret), text, strlen(text));
    pc_secret_set_len(secret, strlen(text));
    return secret;
}

static pc_secret *read_card(pc_secret *card, pc_share_label *label)
{
    pc_secret *share = NULL;

    assert_int_equal(pc_share_read(card, &share, label, NULL), PC_OK);
    return share;
}

/* Five cards of one PIN, and the shares on them. */
typedef struct {
    pc_secret *cards[COUNT];
    pc_secret *shares[COUNT];
} set;

static void make_set(set *made, const char *pin)
{
    PC_AUTO(pc_secret) pc_secret *secret = secret_of(pin);

    memset(made, 0, sizeof *made);
    assert_int_equal(pc_share_split(secret, THRESHOLD, COUNT, made->cards, NULL), PC_OK);
    for (unsigned i = 0; i < COUNT; i++) {
        pc_share_label label = { .threshold = 0 };

        made->shares[i] = read_card(made->cards[i], &label);
        assert_int_equal(label.threshold, THRESHOLD);
        assert_int_equal(label.index, i + 1);
    }
}

static void clear_set(set *made)
{
    for (unsigned i = 0; i < COUNT; i++) {
        pc_secret_free(made->cards[i]);
        pc_secret_free(made->shares[i]);
    }
}

static void expect_join(pc_secret *const *shares, unsigned count, const char *pin)
{
    PC_AUTO(pc_secret) pc_secret *joined = NULL;

    assert_int_equal(pc_share_join(shares, count, &joined, NULL), pin ? PC_OK : PC_E_AUTH);
    if (pin) {
        assert_int_equal(pc_secret_len(joined), strlen(pin));
        assert_memory_equal(pc_secret_bytes(joined), pin, strlen(pin));
    }
}

static void each_triple_gives_the_pin_and_no_pair_does(void **state)
{
    static const char *const pins[] = { "1", "1234567", "12345678", "correct horse battery staple", "\xc3\xa9\xff" };

    (void)state;
    for (size_t p = 0; p < PC_COUNT(pins); p++) {
        set made;

        make_set(&made, pins[p]);
        for (unsigned i = 0; i < COUNT; i++) {
            for (unsigned j = 0; j < COUNT; j++) {
                for (unsigned k = 0; k < COUNT; k++) {
                    pc_secret *const chosen[] = { made.shares[i], made.shares[j], made.shares[k] };

                    if (i == j) {
                        continue;
                    }
                    expect_join(chosen, 2, NULL);
                    if (i != k && j != k) {
                        expect_join(chosen, 3, pins[p]);
                    }
                }
            }
        }
        clear_set(&made);
    }
}

/* On the card it is a typing error; with a good checksum, the shares do not belong together. */
static void an_altered_share_is_found(void **state)
{
    set made;

    (void)state;
    make_set(&made, "73915028");
    pc_secret *const chosen[] = { made.shares[1], made.shares[3], made.shares[4] };

    for (size_t i = 7; i < pc_secret_len(made.shares[1]) - 4; i++) {
        pc_secret_bytes(made.shares[1])[i] ^= (uint8_t)(1u << i % 8);
        expect_join(chosen, 3, NULL);
        pc_secret_bytes(made.shares[1])[i] ^= (uint8_t)(1u << i % 8);
    }
    expect_join(chosen, 3, "73915028");
    for (size_t i = 0; i < pc_secret_len(made.cards[0]); i++) {
        uint8_t *digit = &pc_secret_bytes(made.cards[0])[i];
        const uint8_t before = *digit;
        PC_AUTO(pc_secret) pc_secret *share = NULL;
        pc_share_label label;

        if (before == '-') {
            continue;
        }
        *digit = before == '0' ? '1' : '0';
        assert_int_equal(pc_share_read(made.cards[0], &share, &label, NULL), PC_E_INPUT);
        *digit = before;
    }
    clear_set(&made);
}

static void shares_of_two_sets_do_not_join(void **state)
{
    set first;
    set second;

    (void)state;
    make_set(&first, "73915028");
    make_set(&second, "73915028");
    pc_secret *const chosen[] = { first.shares[0], first.shares[1], second.shares[2] };

    expect_join(chosen, 3, NULL);
    clear_set(&first);
    clear_set(&second);
}

static void what_is_not_a_card_is_refused(void **state)
{
    static const char *const rows[] = { "", "0", "hello", "0103-01e1", "0103-01e1-7f99-8fb2-25f5-910b-95a4-9657-d0d9" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_secret) pc_secret *card = secret_of(rows[i]);
        PC_AUTO(pc_secret) pc_secret *share = NULL;
        pc_share_label label;

        assert_int_equal(pc_share_read(card, &share, &label, NULL), PC_E_INPUT);
        assert_null(share);
    }
}

static void numbers_out_of_range_are_refused(void **state)
{
    static const struct {
        unsigned threshold;
        unsigned count;
    } rows[] = { { 1, 5 }, { 0, 0 }, { 6, 5 }, { 2, 1 }, { 2, 65 } };
    PC_AUTO(pc_secret) pc_secret *pin = secret_of("1234");
    pc_secret *cards[PC_SHARE_COUNT_MOST] = { NULL };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        assert_int_equal(pc_share_split(pin, rows[i].threshold, rows[i].count, cards, NULL), PC_E_USAGE);
        assert_null(cards[0]);
    }
}

/* Answers the prompts with cards, one after another. */
typedef struct {
    pc_secret **cards;
    unsigned order[4];
    unsigned asked;
} holders;

static pc_status answer(void *context, pc_secret_kind kind, const char *what, pc_secret *secret, pc_error *err)
{
    holders *asked = context;
    pc_secret *card = asked->cards[asked->order[asked->asked++]];

    (void)what;
    (void)err;
    assert_int_equal(kind, PC_SECRET_SHARE); /* a prompt that keeps a PIN must not mistake a share for it */
    memcpy(pc_secret_bytes(secret), pc_secret_bytes(card), pc_secret_len(card));
    pc_secret_set_len(secret, pc_secret_len(card));
    return PC_OK;
}

static void holders_are_asked_until_there_are_enough(void **state)
{
    static const struct {
        unsigned order[4];
        pc_status expected;
        unsigned asked;
    } rows[] = { { { 4, 0, 2 }, PC_OK, 3 }, { { 4, 4 }, PC_E_INPUT, 2 } };
    set made;

    (void)state;
    make_set(&made, "73915028");
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        holders asked = { .cards = made.cards };
        const pc_token_access access = { .prompt = answer, .prompt_context = &asked };
        PC_AUTO(pc_secret) pc_secret *pin = NULL;

        memcpy(asked.order, rows[i].order, sizeof asked.order);
        assert_int_equal(pc_share_ask(&access, "PIN", &pin, NULL), rows[i].expected);
        assert_int_equal(asked.asked, rows[i].asked);
        if (pin) {
            assert_memory_equal(pc_secret_bytes(pin), "73915028", 8);
        }
    }
    clear_set(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_triple_gives_the_pin_and_no_pair_does),
        cmocka_unit_test(an_altered_share_is_found),
        cmocka_unit_test(shares_of_two_sets_do_not_join),
        cmocka_unit_test(what_is_not_a_card_is_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(holders_are_asked_until_there_are_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
