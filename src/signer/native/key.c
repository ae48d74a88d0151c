/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/native/key.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "signer/native/dispatch.h"
#include "x509/auto.h"

/* The data of an EVP_PKEY: OpenSSL frees it, whereas the key belongs to the signer. */
typedef struct {
    pc_native_key *key;
} key_data;

pc_native_key *pc_native_key_of(const void *data)
{
    return data ? ((const key_data *)data)->key : NULL;
}

static void *key_new(void *provider)
{
    (void)provider;
    return OPENSSL_zalloc(sizeof(key_data));
}

static void key_free(void *data)
{
    OPENSSL_free(data);
}

static void *key_duplicate(const void *data, int selection)
{
    (void)selection;
    return OPENSSL_memdup(data, sizeof(key_data));
}

static int key_has(const void *data, int selection)
{
    (void)selection;
    return pc_native_key_of(data) != NULL;
}

static int key_matches(const void *left, const void *right, int selection)
{
    const pc_native_key *one = pc_native_key_of(left);
    const pc_native_key *other = pc_native_key_of(right);

    (void)selection;
    return one && other && EVP_PKEY_eq(one->public_key, other->public_key) == 1;
}

/* --- import and export --- */

static const OSSL_PARAM importable[] = {
    OSSL_PARAM_octet_string(PC_NATIVE_PARAM_KEY, NULL, 0),
    OSSL_PARAM_END,
};

static const OSSL_PARAM *key_import_types(int selection)
{
    (void)selection;
    return importable;
}

static int key_import(void *data, int selection, const OSSL_PARAM params[])
{
    const OSSL_PARAM *carrier = OSSL_PARAM_locate_const(params, PC_NATIVE_PARAM_KEY);
    key_data *imported = data;

    (void)selection;
    if (!carrier || carrier->data_size != sizeof imported->key) {
        return 0;
    }
    memcpy(&imported->key, carrier->data, sizeof imported->key);
    return 1;
}

static const OSSL_PARAM exportable[] = {
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
    OSSL_PARAM_END,
};

static const OSSL_PARAM *key_export_types(int selection)
{
    return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? NULL : exportable;
}

/* Refused also if the private half is requested: OpenSSL would mistake the public half for the whole key and sign with
 * another provider, which would then find no private key. */
static int key_export(void *data, int selection, OSSL_CALLBACK *callback, void *argument)
{
    const pc_native_key *key = pc_native_key_of(data);
    OSSL_PARAM *params = NULL;

    if (!key || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) ||
        EVP_PKEY_todata(key->public_key, EVP_PKEY_PUBLIC_KEY, &params) != 1) {
        return 0;
    }
    int done = callback(params, argument);

    OSSL_PARAM_free(params);
    return done;
}

/* --- properties: those of the public half --- */

static const OSSL_PARAM gettable[] = {
    OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
    OSSL_PARAM_END,
};

static const OSSL_PARAM *key_gettable(void *provider)
{
    (void)provider;
    return gettable;
}

static int key_get(void *data, OSSL_PARAM params[])
{
    const pc_native_key *key = pc_native_key_of(data);

    return key && EVP_PKEY_get_params(key->public_key, params);
}

static const char *rsa_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

static const char *ec_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static const char *ed25519_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "ED25519" : NULL;
}

/* The three parameter sets are algorithms of their own in OpenSSL, with the same functions. */
static const char *own_operation(int operation)
{
    (void)operation;
    return NULL; /* the signature algorithm has the same name as the key */
}

/* The tables differ only in the name of the signature algorithm. */
#define MANAGEMENT(operation) \
    { \
        { OSSL_FUNC_KEYMGMT_NEW, PC_DISPATCH(key_new) }, { OSSL_FUNC_KEYMGMT_FREE, PC_DISPATCH(key_free) }, \
            { OSSL_FUNC_KEYMGMT_DUP, PC_DISPATCH(key_duplicate) }, { OSSL_FUNC_KEYMGMT_HAS, PC_DISPATCH(key_has) }, \
            { OSSL_FUNC_KEYMGMT_MATCH, PC_DISPATCH(key_matches) }, \
            { OSSL_FUNC_KEYMGMT_IMPORT, PC_DISPATCH(key_import) }, \
            { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, PC_DISPATCH(key_import_types) }, \
            { OSSL_FUNC_KEYMGMT_EXPORT, PC_DISPATCH(key_export) }, \
            { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, PC_DISPATCH(key_export_types) }, \
            { OSSL_FUNC_KEYMGMT_GET_PARAMS, PC_DISPATCH(key_get) }, \
            { OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, PC_DISPATCH(key_gettable) }, \
            { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, PC_DISPATCH(operation) }, { 0, NULL }, \
    }

const OSSL_DISPATCH pc_native_rsa_management[] = MANAGEMENT(rsa_operation);
const OSSL_DISPATCH pc_native_ec_management[] = MANAGEMENT(ec_operation);
const OSSL_DISPATCH pc_native_ed25519_management[] = MANAGEMENT(ed25519_operation);
const OSSL_DISPATCH pc_native_ml_dsa_management[] = MANAGEMENT(own_operation);
