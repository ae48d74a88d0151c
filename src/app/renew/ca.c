/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ca/key_ca.h"
#include "app/ca/session.h"
#include "app/renew/renew.h"
#include "base/text.h"
#include "enroll/http/address.h"
#include "pair/public_key.h"
#include "x509/spki.h"

bool pc_renewal_login_is_password(const pc_ca_access *ca)
{
    return ca->login == PC_CA_LOGIN_BASIC || ca->login == PC_CA_LOGIN_NTLM || ca->login == PC_CA_LOGIN_SECRET ||
           ca->login == PC_CA_LOGIN_WSSE;
}

/* Otherwise, anyone who can write to the token could have a password sent anywhere. */
static bool may_be_used(const pc_ca_access *named, const char *address)
{
    return !pc_renewal_login_is_password(named) || strcmp(named->url, address) == 0 ||
           pc_address_check_redirect(named->url, address, NULL) == PC_OK;
}

static pc_status check_password_follows(const pc_renewal *renewal, const pc_key_ca *own, pc_error *err)
{
    if (may_be_used(renewal->order->ca, own->address)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the CA recorded for the key \"%s\" is \"%s\", which is not on the host and port of `ca`; the "
                  "password was not sent there",
                  renewal->item->key_label, own->address);
    return pc_hint(err, PC_E_REFUSED, "renew this key separately: `key` \"%s\" `ca` %s", renewal->item->key_label,
                   own->address);
}

static pc_status find_recorded(const pc_token *token, const pc_renewal *renewal, pc_key_ca *ret_own, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    const char *spki_sha256 = NULL;

    PC_TRY(pc_public_key_of(&renewal->key, &public_key, err));
    PC_TRY(pc_spki_sha256(public_key, renewal->arena, &spki_sha256, err));
    return pc_key_ca_find(token, spki_sha256, renewal->arena, ret_own, err);
}

/* Those that are recorded with the address that is used, not those of the one that was named. */
static pc_status keep_usable_spares(const pc_renewal *renewal, pc_key_ca *own, pc_error *err)
{
    const char **usable = NULL;
    size_t count = 0;

    for (size_t i = 0; i < own->spares.count; i++) {
        if (may_be_used(renewal->order->ca, own->spares.items[i])) {
            const char **slot = PC_PUSH(renewal->arena, usable, count);

            if (!slot) {
                return pc_fail_memory(err);
            }
            *slot = own->spares.items[i];
        }
    }
    own->spares = (pc_ca_spares){ .items = usable, .count = count };
    return PC_OK;
}

static pc_status take_recorded(const pc_token *token, pc_renewal *renewal, pc_error *err)
{
    const char *named = renewal->order->ca->url;
    pc_key_ca own;

    PC_TRY(find_recorded(token, renewal, &own, err));
    if (own.address) {
        PC_TRY(check_password_follows(renewal, &own, err));
        PC_TRY(keep_usable_spares(renewal, &own, err));
        return pc_ca_recorded_access(renewal->order->ca, &own, renewal->arena, &renewal->ca, err);
    }
    if (named) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_NOT_FOUND, "no CA is recorded on the token for the key \"%s\"", renewal->item->key_label);
    return pc_hint(err, PC_E_NOT_FOUND,
                   "name it with `ca` URL; once a certificate has come from there, it is recorded beside the key");
}

void pc_renewal_fit_login(pc_ca_access *access, pc_arena *arena)
{
    pc_ca_access by_key = *access;
    pc_error ignored = { .status = PC_OK };
    pc_ca_target target;

    by_key.login = PC_CA_LOGIN_NONE;
    if (access->url && access->login == PC_CA_LOGIN_TICKET &&
        pc_ca_target_of(arena, &by_key, &target, &ignored) == PC_OK &&
        pc_ca_can(target.protocol, PC_CA_CAN_RENEW_BY_LOGIN) && !pc_ca_can(target.protocol, PC_CA_LOGS_IN_BY_TLS) &&
        pc_text_starts(target.address, "http:")) {
        *access = by_key;
    }
}

/* If a person names one key and a CA, that CA is used; else the key's own. */
pc_status pc_renewal_choose_ca(const pc_token *token, pc_renewal *renewal, pc_error *err)
{
    const pc_renew_order *order = renewal->order;

    if (!order->ca) {
        return PC_OK;
    }
    renewal->ca = *order->ca;
    if (order->due || !order->ca->url) {
        PC_TRY(take_recorded(token, renewal, err));
    }
    pc_renewal_fit_login(&renewal->ca, renewal->arena);
    PC_TRY(pc_ca_access_check(&renewal->ca, renewal->arena, &renewal->target, err));
    renewal->item->ca = renewal->target.address;
    PC_TRY(pc_ca_check_takes_requests(renewal->target.protocol, err));
    if (order->form == PC_RENEW_PKCS7 && !pc_ca_can(renewal->target.protocol, PC_CA_CAN_TAKE_PKCS7)) {
        (void)pc_fail(err, PC_E_USAGE, "the protocol \"%s\" has no renewal as PKCS#7", renewal->target.protocol->name);
        return pc_hint(err, PC_E_USAGE, "leave out `pkcs7`: the certificate that is being renewed logs in instead");
    }
    return PC_OK;
}

bool pc_renewal_logs_in_by_old(const pc_renewal *renewal)
{
    const pc_ca_protocol *protocol = renewal->target.protocol;

    return protocol && pc_ca_can(protocol, PC_CA_CAN_RENEW_BY_LOGIN) && !renewal->ca.client_key &&
           renewal->ca.login != PC_CA_LOGIN_BASIC && renewal->ca.login != PC_CA_LOGIN_SECRET;
}

pc_status pc_renewal_check_login(const pc_renewal *renewal, pc_error *err)
{
    const pc_ca_protocol *protocol = renewal->target.protocol;

    if (!pc_renewal_logs_in_by_old(renewal)) {
        return PC_OK;
    }
    if (pc_ca_can(protocol, PC_CA_LOGS_IN_BY_TLS) &&
        (X509_get_extended_key_usage(renewal->old) & XKU_SSL_CLIENT) == 0) {
        (void)pc_fail(
            err, PC_E_REFUSED,
            "the certificate of the key \"%s\" is not one for TLS clients (EKU clientAuth), so it cannot log in "
            "to renew itself; nothing was sent",
            renewal->item->key_label);
        return pc_hint(err, PC_E_REFUSED,
                       "log in with `auth` basic or another `client_key`: the CA then treats it as a first request");
    }
    return pc_ca_check_login_key(protocol, X509_get0_pubkey(renewal->old), err);
}
