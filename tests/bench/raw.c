/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The raw bound: what a C program must at least ask of a token for the work that scripts/bench measures,
 * by bare PKCS#11 calls and nothing of p11cert's. The module is RAW_MODULE, its only token's PIN RAW_PIN.
 *
 *   raw populate COUNT       COUNT EC P-256 pairs and, in their middle, the RSA-2048 pair "bench"
 *   raw sign LABEL           find a private key, read its public half, sign once: the floor of one CSR
 *   raw hosts COUNT JOBS     RSA-2048 pairs, each made, read and signed with once, by JOBS sessions from one queue
 *   raw accept FILE.der      find the public key of a certificate, read its CKA_ID, write the certificate under it
 *   raw forget LABEL         remove the certificates of that label again
 *   raw list                 every private key and certificate: a search for each class, one attribute read for each
 * object
 */
#include <dlfcn.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MAX_JOBS     64

static CK_FUNCTION_LIST *functions;
static CK_SLOT_ID slot;
static CK_BBOOL yes = CK_TRUE;
static CK_BBOOL no = CK_FALSE;

static void must(CK_RV rv, const char *what)
{
    if (rv != CKR_OK) {
        (void)fprintf(stderr, "raw: %s: 0x%lx\n", what, rv);
        exit(1);
    }
}

static void give_up(const char *why)
{
    (void)fprintf(stderr, "raw: %s\n", why);
    exit(1);
}

static void load(void)
{
    const char *path = getenv("RAW_MODULE");
    void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    union {
        void *symbol;
        CK_RV (*function)(CK_FUNCTION_LIST **list);
    } entry = { .symbol = library ? dlsym(library, "C_GetFunctionList") : NULL };

    if (!entry.symbol) {
        give_up("RAW_MODULE is not a PKCS#11 module");
    }
    must(entry.function(&functions), "C_GetFunctionList");
}

static CK_SESSION_HANDLE open_session(CK_FLAGS flags)
{
    CK_SESSION_HANDLE session = 0;

    must(functions->C_OpenSession(slot, CKF_SERIAL_SESSION | flags, NULL, NULL, &session), "C_OpenSession");
    return session;
}

static CK_SESSION_HANDLE start(CK_FLAGS flags)
{
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
    CK_SLOT_ID slots[16];
    CK_ULONG count = COUNT(slots);
    CK_TOKEN_INFO info;
    const char *pin = getenv("RAW_PIN");
    CK_UTF8CHAR typed[64];

    load();
    must(functions->C_Initialize(&args), "C_Initialize");
    must(functions->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    slot = slots[0];
    must(functions->C_GetTokenInfo(slot, &info), "C_GetTokenInfo");

    CK_SESSION_HANDLE session = open_session(flags);
    size_t len = pin ? strlen(pin) : 0;

    if (len == 0 || len >= sizeof typed) {
        give_up("RAW_PIN is not set");
    }
    memcpy(typed, pin, len);
    must(functions->C_Login(session, CKU_USER, typed, len), "C_Login");
    return session;
}

static CK_ULONG find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG template_count,
                     CK_OBJECT_HANDLE *handles, CK_ULONG room)
{
    CK_ULONG count = 0;

    must(functions->C_FindObjectsInit(session, template, template_count), "C_FindObjectsInit");
    must(functions->C_FindObjects(session, handles, room, &count), "C_FindObjects");
    must(functions->C_FindObjectsFinal(session), "C_FindObjectsFinal");
    return count;
}

/* --- keys --- */

static CK_OBJECT_HANDLE make_pair(CK_SESSION_HANDLE session, char *label, bool is_rsa)
{
    static CK_BYTE exponent[] = { 1, 0, 1 };
    static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    CK_ULONG bits = 2048;
    CK_MECHANISM mechanism = { .mechanism = is_rsa ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN };
    CK_OBJECT_HANDLE public_key = 0, private_key = 0;
    CK_ATTRIBUTE public_template[] = {
        { CKA_TOKEN, &yes, sizeof yes },
        { CKA_PRIVATE, &no, sizeof no },
        { CKA_VERIFY, &yes, sizeof yes },
        { CKA_LABEL, label, strlen(label) },
        { CKA_ID, label, strlen(label) },
        is_rsa ? (CK_ATTRIBUTE){ CKA_MODULUS_BITS, &bits, sizeof bits }
               : (CK_ATTRIBUTE){ CKA_EC_PARAMS, p256, sizeof p256 },
        { CKA_PUBLIC_EXPONENT, exponent, sizeof exponent },
    };
    CK_ATTRIBUTE private_template[] = {
        { CKA_TOKEN, &yes, sizeof yes },     { CKA_PRIVATE, &yes, sizeof yes }, { CKA_SENSITIVE, &yes, sizeof yes },
        { CKA_EXTRACTABLE, &no, sizeof no }, { CKA_SIGN, &yes, sizeof yes },    { CKA_LABEL, label, strlen(label) },
        { CKA_ID, label, strlen(label) },
    };

    must(functions->C_GenerateKeyPair(session, &mechanism, public_template, COUNT(public_template) - !is_rsa,
                                      private_template, COUNT(private_template), &public_key, &private_key),
         "C_GenerateKeyPair");
    return private_key;
}

/* As a CSR needs it: the public half, then one signature. */
static void read_and_sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    CK_BYTE modulus[512], exponent[8], signature[512];
    CK_BYTE data[] = "forty-two bytes that stand for the request";
    CK_ULONG len = sizeof signature;
    CK_MECHANISM mechanism = { .mechanism = CKM_SHA256_RSA_PKCS };
    CK_ATTRIBUTE halves[] = {
        { CKA_MODULUS, modulus, sizeof modulus },
        { CKA_PUBLIC_EXPONENT, exponent, sizeof exponent },
    };

    must(functions->C_GetAttributeValue(session, key, halves, COUNT(halves)), "C_GetAttributeValue");
    must(functions->C_SignInit(session, &mechanism, key), "C_SignInit");
    must(functions->C_Sign(session, data, sizeof data, signature, &len), "C_Sign");
}

static void populate(unsigned long count)
{
    CK_SESSION_HANDLE session = start(CKF_RW_SESSION);
    char label[32];

    for (unsigned long i = 0; i < count; i++) {
        if (i == count / 2) {
            (void)snprintf(label, sizeof label, "bench");
            (void)make_pair(session, label, true);
        }
        (void)snprintf(label, sizeof label, "k%06lu", i);
        (void)make_pair(session, label, false);
    }
}

static void sign_once(char *label)
{
    CK_SESSION_HANDLE session = start(0);
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_OBJECT_HANDLE key = 0;
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class }, { CKA_LABEL, label, strlen(label) } };

    if (find(session, template, COUNT(template), &key, 1) != 1) {
        give_up("no such key");
    }
    read_and_sign(session, key);
}

static struct {
    atomic_ulong next;
    unsigned long count;
} queue;

static void *work(void *unused)
{
    CK_SESSION_HANDLE session = open_session(CKF_RW_SESSION);
    char label[32];

    (void)unused;
    for (unsigned long i = atomic_fetch_add(&queue.next, 1); i < queue.count; i = atomic_fetch_add(&queue.next, 1)) {
        (void)snprintf(label, sizeof label, "host%06lu", i);
        read_and_sign(session, make_pair(session, label, true));
    }
    return NULL;
}

static void make_hosts(unsigned long count, unsigned long jobs)
{
    pthread_t threads[MAX_JOBS];

    (void)start(CKF_RW_SESSION);
    queue.count = count;
    for (unsigned long i = 0; i < jobs && i < MAX_JOBS; i++) {
        if (pthread_create(&threads[i], NULL, work, NULL) != 0) {
            give_up("no thread");
        }
    }
    for (unsigned long i = 0; i < jobs && i < MAX_JOBS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

/* --- certificates --- */

static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "rb");
    X509 *certificate = file ? d2i_X509_fp(file, NULL) : NULL;

    if (!certificate) {
        give_up("not a certificate in DER");
    }
    (void)fclose(file);
    return certificate;
}

static CK_ULONG modulus_of(X509 *certificate, CK_BYTE *out, size_t room)
{
    BIGNUM *modulus = NULL;

    if (EVP_PKEY_get_bn_param(X509_get0_pubkey(certificate), "n", &modulus) != 1 ||
        (size_t)BN_num_bytes(modulus) > room) {
        give_up("not an RSA certificate");
    }
    CK_ULONG len = (CK_ULONG)BN_bn2bin(modulus, out);

    BN_free(modulus);
    return len;
}

static CK_ULONG der_of(const X509_NAME *name, CK_BYTE *out, size_t room)
{
    unsigned char *at = out;

    if ((size_t)i2d_X509_NAME(name, NULL) > room) {
        give_up("a name is too long");
    }
    return (CK_ULONG)i2d_X509_NAME(name, &at);
}

static void accept_certificate(const char *path)
{
    CK_SESSION_HANDLE session = start(CKF_RW_SESSION);
    X509 *certificate = read_certificate(path);
    CK_BYTE modulus[512], id[64], subject[512], value[4096], *at = value;
    char label[] = "bench-certificate";
    CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY, class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_OBJECT_HANDLE key = 0, written = 0;
    CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &public_class, sizeof public_class },
                              { CKA_MODULUS, modulus, modulus_of(certificate, modulus, sizeof modulus) } };
    CK_ATTRIBUTE its_id = { CKA_ID, id, sizeof id };

    if (find(session, wanted, COUNT(wanted), &key, 1) != 1) {
        give_up("no key for it");
    }
    must(functions->C_GetAttributeValue(session, key, &its_id, 1), "C_GetAttributeValue");
    if ((size_t)i2d_X509(certificate, NULL) > sizeof value) {
        give_up("the certificate is too long");
    }
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof class },
        { CKA_CERTIFICATE_TYPE, &type, sizeof type },
        { CKA_TOKEN, &yes, sizeof yes },
        { CKA_PRIVATE, &no, sizeof no },
        { CKA_LABEL, label, sizeof label - 1 },
        its_id,
        { CKA_SUBJECT, subject, der_of(X509_get_subject_name(certificate), subject, sizeof subject) },
        { CKA_VALUE, value, (CK_ULONG)i2d_X509(certificate, &at) },
    };
    must(functions->C_CreateObject(session, template, COUNT(template), &written), "C_CreateObject");
    X509_free(certificate);
}

static void forget(char *label)
{
    CK_SESSION_HANDLE session = start(CKF_RW_SESSION);
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_OBJECT_HANDLE handles[64];
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class }, { CKA_LABEL, label, strlen(label) } };
    CK_ULONG count = find(session, template, COUNT(template), handles, COUNT(handles));

    for (CK_ULONG i = 0; i < count; i++) {
        must(functions->C_DestroyObject(session, handles[i]), "C_DestroyObject");
    }
}

/* --- everything --- */

static void read_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_BYTE label[256], id[256], value[8192];
    CK_ATTRIBUTE wanted[] = {
        { CKA_LABEL, label, sizeof label },
        { CKA_ID, id, sizeof id },
        { CKA_VALUE, value, sizeof value }, /* of keys a refusal, which is an answer too */
    };

    (void)functions->C_GetAttributeValue(session, object, wanted, COUNT(wanted));
}

static void list_class(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    enum { MOST = 100000 };
    static CK_OBJECT_HANDLE handles[MOST];
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
    CK_ULONG count = find(session, &template, 1, handles, MOST);

    for (CK_ULONG i = 0; i < count; i++) {
        read_object(session, handles[i]);
    }
    (void)printf("class %lu: %lu\n", class, count);
}

static void list(void)
{
    CK_SESSION_HANDLE session = start(0);

    list_class(session, CKO_PRIVATE_KEY);
    list_class(session, CKO_PUBLIC_KEY);
    list_class(session, CKO_CERTIFICATE);
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";

    if (strcmp(verb, "populate") == 0 && argc == 3) {
        populate(strtoul(argv[2], NULL, 10));
    } else if (strcmp(verb, "sign") == 0 && argc == 3) {
        sign_once(argv[2]);
    } else if (strcmp(verb, "hosts") == 0 && argc == 4) {
        make_hosts(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    } else if (strcmp(verb, "accept") == 0 && argc == 3) {
        accept_certificate(argv[2]);
    } else if (strcmp(verb, "forget") == 0 && argc == 3) {
        forget(argv[2]);
    } else if (strcmp(verb, "list") == 0 && argc == 2) {
        list();
    } else {
        give_up("usage: raw populate|sign|hosts|accept|forget|list …; see the head of raw.c");
    }
    must(functions->C_Finalize(NULL), "C_Finalize");
    return 0;
}
