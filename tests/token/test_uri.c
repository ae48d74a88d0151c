/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "run.h"
#include "token/uri.h"

/* RFC 7512, and bare words as labels. */

static const struct {
    const char *name, *text;
    pc_uri_subject subject;
    pc_status status;
    const char *token; /* the label it names, or NULL */
    const char *object;
} rows[] = {
    { "a bare word for a token", "servers", PC_URI_TOKEN, PC_OK, "servers", NULL },
    { "a bare word for an object", "server.contoso.com", PC_URI_OBJECT, PC_OK, NULL, "server.contoso.com" },
    { "a label with a blank", "Contoso CA", PC_URI_OBJECT, PC_OK, NULL, "Contoso CA" },
    { "a label that needs encoding", "a%b;c?d=e/f", PC_URI_OBJECT, PC_OK, NULL, "a%b;c?d=e/f" },
    { "a label that is not ASCII", "Schl\xc3\xbcssel", PC_URI_OBJECT, PC_OK, NULL, "Schl\xc3\xbcssel" },
    { "a label of 32 bytes", "12345678901234567890123456789012", PC_URI_TOKEN, PC_OK,
      "12345678901234567890123456789012", NULL },
    { "a label of 33 bytes", "123456789012345678901234567890123", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
    { "33 bytes, of an object", "123456789012345678901234567890123", PC_URI_OBJECT, PC_OK, NULL,
      "123456789012345678901234567890123" },
    { "token and object", "pkcs11:token=A;object=B", PC_URI_TOKEN, PC_OK, "A", "B" },
    { "percent-encoded", "pkcs11:token=My%20token", PC_URI_TOKEN, PC_OK, "My token", NULL },
    { "empty", "", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
    { "names nothing, so anything", "pkcs11:", PC_URI_TOKEN, PC_OK, NULL, NULL },
    { "pin-value", "pkcs11:token=A?pin-value=canary", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
    { "pin-value in capitals", "pkcs11:token=A?PIN-VALUE=canary", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
    { "pin-value as an attribute", "pkcs11:token=A;pin-value=canary", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
    { "pin-value in what is no URI", "pkcs11:%%?pin-value=canary", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
    { "slot number", "pkcs11:slot-id=1", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
    { "unknown attribute", "pkcs11:token=A;vendor=1", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
    { "broken encoding", "pkcs11:token=%zz", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
    { "no equals sign", "pkcs11:token", PC_URI_TOKEN, PC_E_USAGE, NULL, NULL },
};

static void judge_names(P11KitUri *uri, size_t row)
{
    const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
    char padded[33];

    if (rows[row].token) {
        (void)snprintf(padded, sizeof padded, "%-32s", rows[row].token);
        assert_memory_equal(p11_kit_uri_get_token_info(uri)->label, padded, 32);
    } else {
        assert_int_equal(p11_kit_uri_get_token_info(uri)->label[0], 0);
    }
    assert_int_equal(label != NULL, rows[row].object != NULL);
    if (label) {
        assert_int_equal(label->ulValueLen, strlen(rows[row].object));
        assert_memory_equal(label->pValue, rows[row].object, label->ulValueLen);
    }
}

static void uri_means_what_it_says_or_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_uri) P11KitUri *uri = NULL;
        pc_error err = { 0 };
        pc_status status = pc_uri_parse(rows[i].text, rows[i].subject, &uri, &err);

        if (status != rows[i].status) {
            print_error("%s: %s\n", rows[i].name, err.frames[0]);
        }
        assert_int_equal(status, rows[i].status);
        assert_false(error_says(&err, "canary"));
        if (status == PC_OK) {
            judge_names(uri, i);
        } else {
            assert_null(uri);
        }
    }
}

static void serial_number_alone_is_distinguished_from_more(void **state)
{
    static const struct {
        const char *text;
        bool alone;
    } serials[] = {
        { "pkcs11:serial=1", true },
        { "pkcs11:serial=1;object=a;id=%01", true },
        { "pkcs11:serial=1;token=a", false },
        { "pkcs11:serial=1;model=a", false },
        { "pkcs11:serial=1;manufacturer=a", false },
        { "pkcs11:token=a", false },
        { "pkcs11:", false },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(serials); i++) {
        PC_AUTO(pc_uri) P11KitUri *uri = NULL;

        assert_int_equal(pc_uri_parse(serials[i].text, PC_URI_TOKEN, &uri, NULL), PC_OK);
        assert_int_equal(pc_uri_is_serial_alone(uri), serials[i].alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uri_means_what_it_says_or_is_refused),
        cmocka_unit_test(serial_number_alone_is_distinguished_from_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
