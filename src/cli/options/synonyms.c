/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/synonyms.h"

#include <string.h>
#include <strings.h>

#include "cli/options/usage.h"

#define WORDS_MOST 12u

/* A row for each thing: first what p11cert calls it, then the words of openssl, certtool, pkcs11-tool and certreq. A
 * verb has few options of a row; the first that it has is meant. */
static const char *const synonyms[][WORDS_MOST] = {
    { "trust", "ca", "cacert", "ca-cert", "cafile", "ca-file", "ca-certificate", "load-ca-certificate", "anchor",
      "root", "roots" },
    { "chain", "ca-cert", "issuer", "issuers", "intermediate", "intermediates", "untrusted", "certfile" },
    { "key", "label", "name", "object", "privkey", "inkey", "private-key" },
    { "cert", "certificate", "signer-cert", "load-certificate" },
    { "out", "output", "outfile", "output-file", "file" },
    { "key-type", "keytype", "algorithm", "type", "newkey", "curve", "bits", "key-length", "keylength" },
    { "dns", "fqdn", "host", "hostname", "san", "domain", "server" },
    { "fqdn", "dns", "host", "hostname", "server" },
    { "subject", "subj", "dn" },
    { "digest", "hash", "sha256", "sha384", "sha512", "md", "hash-alg" },
    { "hash", "digest", "sha256", "sha384", "sha512", "md", "hash-alg" },
    { "force", "overwrite", "replace" },
    { "yes", "force", "assume-yes", "noninteractive", "non-interactive", "batch" },
    { "dry-run", "check", "what-if", "whatif", "no-act", "simulate" },
    { "token", "slot", "token-label", "slot-index" },
    { "module", "provider", "pkcs11-module", "library", "load-library" },
    { "password-source", "password", "passin", "passout", "passphrase" },
    { "days", "validity", "expires", "expiration" },
    { "exportable", "extractable" },
    { "signature", "sig", "sigfile", "in" },
    { "color", "colour" },
    { "verbose", "debug" },
};

static bool names_it(const char *const words[static WORDS_MOST], const char *name)
{
    for (size_t i = 0; i < WORDS_MOST && words[i]; i++) {
        if (strcasecmp(words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *own_word(const pc_option_list *list, const char *const words[static WORDS_MOST])
{
    for (size_t i = 0; i < WORDS_MOST && words[i]; i++) {
        if (pc_option_find(list, words[i])) {
            return words[i];
        }
    }
    return NULL;
}

const char *pc_option_synonym(const pc_option_list *list, const char *name)
{
    const char *own = NULL;

    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms && !own; i++) {
        own = names_it(synonyms[i], name) ? own_word(list, synonyms[i]) : NULL;
    }
    return own;
}
