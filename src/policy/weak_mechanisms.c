/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/weak_mechanisms.h"

#include "base/cleanup.h"

/* CKF_* of CK_MECHANISM_INFO (PKCS#11 v2.40 section 3.3). */
#define DECRYPT 0x00000200UL
#define SIGN    0x00000800UL
#define WRAP    0x00020000UL
#define UNWRAP  0x00040000UL
#define ANY     0UL

static const char ecb[] = "ECB, which lets a wrapped key be cut up and reassembled";
static const char cbc[] = "CBC without integrity protection, which lets a wrapped key be changed in transit";
static const char padding[] = "unwrapping whose errors reveal whether CBC padding was correct";
static const char pkcs1[] = "decryption with PKCS#1 v1.5 padding (Bleichenbacher's oracle)";
static const char raw[] = "RSA without padding, which signs and decrypts whatever it is given";
static const char des[] = "DES, whose keys are too short";
static const char hash[] = "signatures over MD2, MD5 or SHA-1, for which collisions can be produced";

/* Rows of one reason stand together. */
const pc_weak_mechanism pc_weak_mechanisms[] = {
    { 0x0001, "CKM_RSA_PKCS", DECRYPT | UNWRAP, pkcs1 },
    { 0x0003, "CKM_RSA_X_509", ANY, raw },
    { 0x0004, "CKM_MD2_RSA_PKCS", SIGN, hash },
    { 0x0005, "CKM_MD5_RSA_PKCS", SIGN, hash },
    { 0x0006, "CKM_SHA1_RSA_PKCS", SIGN, hash },
    { 0x000c, "CKM_SHA1_RSA_X9_31", SIGN, hash },
    { 0x000e, "CKM_SHA1_RSA_PKCS_PSS", SIGN, hash },
    { 0x0012, "CKM_DSA_SHA1", SIGN, hash },
    { 0x1042, "CKM_ECDSA_SHA1", SIGN, hash },
    { 0x0121, "CKM_DES_ECB", ANY, des },
    { 0x0122, "CKM_DES_CBC", ANY, des },
    { 0x0125, "CKM_DES_CBC_PAD", ANY, des },
    { 0x1104, "CKM_DES_ECB_ENCRYPT_DATA", ANY, des },
    { 0x1105, "CKM_DES_CBC_ENCRYPT_DATA", ANY, des },
    { 0x0132, "CKM_DES3_ECB", WRAP | UNWRAP, ecb },
    { 0x1081, "CKM_AES_ECB", WRAP | UNWRAP, ecb },
    { 0x0133, "CKM_DES3_CBC", WRAP | UNWRAP, cbc },
    { 0x1082, "CKM_AES_CBC", WRAP | UNWRAP, cbc },
    { 0x0136, "CKM_DES3_CBC_PAD", UNWRAP, padding },
    { 0x1085, "CKM_AES_CBC_PAD", UNWRAP, padding },
};

const size_t pc_weak_mechanism_count = PC_COUNT(pc_weak_mechanisms);

const pc_weak_mechanism *pc_weak_mechanism_find(unsigned long mechanism)
{
    for (size_t i = 0; i < pc_weak_mechanism_count; i++) {
        if (pc_weak_mechanisms[i].mechanism == mechanism) {
            return &pc_weak_mechanisms[i];
        }
    }
    return NULL;
}

bool pc_weak_mechanism_is_offered(const pc_weak_mechanism *weak, unsigned long flags)
{
    return weak->flags == ANY || flags == 0 || (weak->flags & flags) != 0;
}
