/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_REMAKE_H
#define PC_APP_CEREMONY_REMAKE_H

#include "app/ceremony/material.h"

/**
 * What a step of the ceremony file made, made again: from the file, the inputs, the public keys and the recorded draws,
 * without a token. Two commands need it: `replay` compares bytes, `verify` says what differs.
 */
typedef struct pc_remaking pc_remaking;

/** What is done with an artefact and its counterpart, which a temporary key has signed. Each function returns
 * PC_E_VERIFY if they are not the same. */
typedef struct {
    /** @param signs_key of the artefact, that is, of the CA */
    pc_status (*certificate)(pc_remaking *remaking, X509 *found, X509 *made, EVP_PKEY *signs_key, pc_error *err);
    pc_status (*crl)(pc_remaking *remaking, X509_CRL *found, X509_CRL *made, EVP_PKEY *signs_key, pc_error *err);
    pc_status (*request)(pc_remaking *remaking, X509_REQ *found, X509_REQ *made, pc_error *err);
    pc_status (*public_key)(pc_remaking *remaking, pc_bytes found, pc_bytes made, pc_error *err);
    pc_status (*challenge)(pc_remaking *remaking, pc_bytes found, pc_bytes made, pc_error *err); /**< NULL: as it is */
} pc_remade_judge;

/** The artefact that is being made again. Borrowed. */
struct pc_remaking {
    const pc_ceremony_material *material;
    const pc_script_step *step;
    const char *name;
    const pc_remade_judge *judge;
    void *context; /**< of the judge */
};

/** Does a step of this kind make something that can be made again? */
bool pc_remake_is_for(const pc_script_step *step);

/**
 * Make again what the remaking's step made, and have the judge compare it; its name is set, also after a failure. The
 * key of the step must be the one that was recorded, of the type that the ceremony file orders. If a CA has several
 * certificates, the judge is called for each until it is content.
 * @return PC_OK; PC_E_VERIFY; as the judge, as reading the files and as making the order.
 */
PC_MUST_CHECK pc_status pc_remake(pc_remaking *remaking, pc_error *err);

#endif
