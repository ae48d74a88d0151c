/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SoftHSM with one fault, named by FAULTY_MODULE in the environment:
 *   no-keygen            key pairs cannot be made: CKR_MECHANISM_INVALID
 *   kill-after-keygen    the process is killed as soon as the key pair is there
 *   device-error         C_SignInit fails with CKR_DEVICE_ERROR
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret_list);

/* Functions of a module are called without a context: the list has to lie here. */
static CK_FUNCTION_LIST changed;
static CK_FUNCTION_LIST *real;

static bool fault_is(const char *name)
{
    const char *fault = getenv("FAULTY_MODULE");

    return fault && strcmp(fault, name) == 0;
}

static CK_RV generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_template,
                               CK_ULONG public_count, CK_ATTRIBUTE *private_template, CK_ULONG private_count,
                               CK_OBJECT_HANDLE *ret_public, CK_OBJECT_HANDLE *ret_private)
{
    if (fault_is("no-keygen")) {
        return CKR_MECHANISM_INVALID;
    }
    CK_RV rv = real->C_GenerateKeyPair(session, mechanism, public_template, public_count, private_template,
                                       private_count, ret_public, ret_private);

    if (rv == CKR_OK && fault_is("kill-after-keygen")) {
        (void)raise(SIGKILL);
    }
    return rv;
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *ret_info)
{
    if (fault_is("no-keygen") && (type == CKM_RSA_PKCS_KEY_PAIR_GEN || type == CKM_EC_KEY_PAIR_GEN)) {
        return CKR_MECHANISM_INVALID;
    }
    return real->C_GetMechanismInfo(slot, type, ret_info);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    return fault_is("device-error") ? CKR_DEVICE_ERROR : real->C_SignInit(session, mechanism, key);
}

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret_list)
{
    union {
        void *symbol;
        CK_RV (*function)(CK_FUNCTION_LIST **);
    } get_list; /* POSIX lets dlsym's pointer be a function; C has no cast for it */
    void *module = dlopen(FAULTY_MODULE_REAL, RTLD_NOW | RTLD_LOCAL);

    get_list.symbol = module ? dlsym(module, "C_GetFunctionList") : NULL;
    if (!get_list.symbol || get_list.function(&real) != CKR_OK) {
        return CKR_GENERAL_ERROR;
    }
    changed = *real;
    changed.C_GenerateKeyPair = generate_key_pair;
    changed.C_GetMechanismInfo = get_mechanism_info;
    changed.C_SignInit = sign_init;
    *ret_list = &changed;
    return CKR_OK;
}
