/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "x509/alt_names.h"
#include "x509_request.h"

static const uint8_t guid[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
static const uint8_t octets[] = { 0x01, 0x02 };
static const uint8_t der_integer[] = { 0x02, 0x01, 0x2a };
static const uint8_t der_tail[] = { 0x02, 0x01, 0x2a, 0x00 };
static const uint8_t der_cut[] = { 0x02, 0x05, 0x2a };

static const struct {
    const char *name;
    pc_alt_name from;
    const char *hex; /* of the GeneralName; NULL: refused */
} rows[] = {
    { "DNS", { .kind = PC_ALT_DNS, .text = "*.b" }, "82032a2e62" },
    { "DNS beyond ASCII", { .kind = PC_ALT_DNS, .text = "\xc3\xbc.b" }, NULL },
    { "IPv4", { .kind = PC_ALT_IP, .text = "192.0.2.1" }, "8704c0000201" },
    { "IPv6", { .kind = PC_ALT_IP, .text = "2001:db8::1" }, "871020010db8000000000000000000000001" },
    { "IP that is none", { .kind = PC_ALT_IP, .text = "192.0.2" }, NULL },
    { "mail", { .kind = PC_ALT_EMAIL, .text = "a@b" }, "8103614062" },
    { "mail beyond ASCII", { .kind = PC_ALT_EMAIL, .text = "\xc3\xbc@b" }, NULL },
    { "URI", { .kind = PC_ALT_URI, .text = "a:b" }, "8603613a62" },
    { "registered id", { .kind = PC_ALT_RID, .text = "1.2.3" }, "88022a03" },
    { "registered id that is none", { .kind = PC_ALT_RID, .text = "x" }, NULL },
    { "UPN", { .kind = PC_ALT_UPN, .text = "\xc3\xbc@b" }, "a014060a2b060104018237140203a0060c04c3bc4062" },
    { "directory name",
      { .kind = PC_ALT_DIRECTORY, .text = "CN=…", .directory = { made_rdns, 1 } },
      "a41f301d311b30190603550403131273657276"
      "65722e636f6e746f736f2e636f6d" },
    { "GUID",
      { .kind = PC_ALT_GUID, .bytes = { guid, 16 } },
      "a01f06092b0601040182371901a012041033221100554477668899aabbccddeeff" },
    { "GUID of 15 bytes", { .kind = PC_ALT_GUID, .bytes = { guid, 15 } }, NULL },
    { "other name, UTF-8",
      { .kind = PC_ALT_OTHER, .oid = "1.2.3", .form = PC_OTHER_UTF8, .text = "hi" },
      "a00a06022a03a0040c026869" },
    { "other name, octets",
      { .kind = PC_ALT_OTHER, .oid = "1.2.3", .form = PC_OTHER_OCTETS, .bytes = { octets, 2 } },
      "a00a06022a03a00404020102" },
    { "other name, DER",
      { .kind = PC_ALT_OTHER, .oid = "1.2.3", .form = PC_OTHER_DER, .bytes = { der_integer, 3 } },
      "a00906022a03a00302012a" },
    { "other name, DER and more",
      { .kind = PC_ALT_OTHER, .oid = "1.2.3", .form = PC_OTHER_DER, .bytes = { der_tail, 4 } },
      NULL },
    { "other name, DER cut short",
      { .kind = PC_ALT_OTHER, .oid = "1.2.3", .form = PC_OTHER_DER, .bytes = { der_cut, 3 } },
      NULL },
    { "other name of no type", { .kind = PC_ALT_OTHER, .oid = "x", .form = PC_OTHER_UTF8, .text = "hi" }, NULL },
};

static void each_kind_has_the_bytes_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        GENERAL_NAME *name = NULL;
        unsigned char *der = NULL;
        char hex[4096] = "";
        pc_error err = { .status = PC_OK };
        pc_status status = pc_x509_general_name_build(&rows[i].from, &name, &err);

        if ((status == PC_OK) != (rows[i].hex != NULL)) {
            fail_msg("%s: %s, %s", rows[i].name, pc_status_name(status), err.frames[0]);
        }
        if (status == PC_OK) {
            int len = i2d_GENERAL_NAME(name, &der);

            to_hex((pc_bytes){ der, (size_t)len }, hex, sizeof hex);
            if (strcmp(hex, rows[i].hex) != 0) {
                fail_msg("%s: %s", rows[i].name, hex);
            }
        }
        OPENSSL_free(der);
        GENERAL_NAME_free(name);
    }
}

static void refusal_names_the_kind_where_there_is_no_text(void **state)
{
    const pc_alt_name nameless = { .kind = PC_ALT_GUID, .bytes = { guid, 3 } };
    GENERAL_NAMES *names = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(pc_x509_alt_names_build(&nameless, 1, &names, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "GUID"));
    assert_null(names);
}

static void order_is_kept(void **state)
{
    const pc_alt_name three[] = {
        { .kind = PC_ALT_URI, .text = "a:b" },
        { .kind = PC_ALT_DNS, .text = "z" },
        { .kind = PC_ALT_DNS, .text = "a" },
    };
    GENERAL_NAMES *names = NULL;
    unsigned char *der = NULL;
    char hex[4096];

    (void)state;
    assert_int_equal(pc_x509_alt_names_build(COUNTED(three), &names, NULL), PC_OK);
    int len = i2d_GENERAL_NAMES(names, &der);

    to_hex((pc_bytes){ der, (size_t)len }, hex, sizeof hex);
    assert_string_equal(hex, "300b8603613a6282017a820161");
    OPENSSL_free(der);
    GENERAL_NAMES_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_the_bytes_it_should),
        cmocka_unit_test(refusal_names_the_kind_where_there_is_no_text),
        cmocka_unit_test(order_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
