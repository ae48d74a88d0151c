/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The raw bound: what a C program must at least ask of a token for the work that scripts/bench measures,
 * by bare PKCS#11 calls and nothing of p11cert's. The module is RAW_MODULE, its only token's PIN RAW_PIN.
 *
 *   raw populate COUNT       COUNT EC P-256 pairs and, in their middle, the RSA-2048 pair "bench"
 *   raw sign LABEL           find a private key, read its public half, sign once: the floor of one CSR
 *   raw certify DUE          a certificate for each EC pair, of one CA, which is there too; DUE of them end in a week,
 *                            the others in a year
 *   raw hosts KIND COUNT JOBS  pairs (KIND: rsa or ec), each made, read and signed with once, by JOBS sessions from
 *                            one queue
 *   raw accept FILE.der      find the public key of a certificate, read its CKA_ID, write the certificate under it
 *   raw forget LABEL         remove the certificates of that label again
 *   raw list                 every key and certificate: a search for each class, and one reading of each object, of the
 *                            attributes that `p11cert list` reads
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

typedef struct {
    CK_OBJECT_HANDLE public_key;
    CK_OBJECT_HANDLE private_key;
    bool is_rsa;
} pair;

static pair make_pair(CK_SESSION_HANDLE session, char *label, bool is_rsa)
{
    static CK_BYTE exponent[] = { 1, 0, 1 };
    static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    CK_ULONG bits = 2048;
    CK_MECHANISM mechanism = { .mechanism = is_rsa ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN };
    pair made = { .is_rsa = is_rsa };
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
                                      private_template, COUNT(private_template), &made.public_key, &made.private_key),
         "C_GenerateKeyPair");
    return made;
}

/* As a CSR needs it: the public half, then one signature. */
static void read_and_sign(CK_SESSION_HANDLE session, pair key)
{
    CK_BYTE modulus[512], exponent[8], point[256], parameters[64], signature[512];
    CK_BYTE data[] = "32 bytes stand for the request..";
    CK_ULONG len = sizeof signature;
    CK_MECHANISM mechanism = { .mechanism = key.is_rsa ? CKM_SHA256_RSA_PKCS : CKM_ECDSA };
    CK_ATTRIBUTE rsa[] = {
        { CKA_MODULUS, modulus, sizeof modulus },
        { CKA_PUBLIC_EXPONENT, exponent, sizeof exponent },
    };
    CK_ATTRIBUTE ec[] = {
        { CKA_EC_POINT, point, sizeof point },
        { CKA_EC_PARAMS, parameters, sizeof parameters },
    };

    must(functions->C_GetAttributeValue(session, key.is_rsa ? key.private_key : key.public_key, key.is_rsa ? rsa : ec,
                                        COUNT(rsa)),
         "C_GetAttributeValue");
    must(functions->C_SignInit(session, &mechanism, key.private_key), "C_SignInit");
    must(functions->C_Sign(session, data, sizeof data - 1, signature, &len), "C_Sign");
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
    read_and_sign(session, (pair){ .private_key = key, .is_rsa = true });
}

static struct {
    atomic_ulong next;
    unsigned long count;
    bool is_rsa;
} queue;

static void *work(void *unused)
{
    CK_SESSION_HANDLE session = open_session(CKF_RW_SESSION);
    char label[32];

    (void)unused;
    for (unsigned long i = atomic_fetch_add(&queue.next, 1); i < queue.count; i = atomic_fetch_add(&queue.next, 1)) {
        (void)snprintf(label, sizeof label, "host%06lu", i);
        read_and_sign(session, make_pair(session, label, queue.is_rsa));
    }
    return NULL;
}

static void make_hosts(const char *kind, unsigned long count, unsigned long jobs)
{
    pthread_t threads[MAX_JOBS];

    (void)start(CKF_RW_SESSION);
    queue.count = count;
    queue.is_rsa = strcmp(kind, "rsa") == 0;
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

static X509_NAME *new_name(const char *common_name)
{
    union {
        const char *text;
        const unsigned char *bytes;
    } value = { .text = common_name };
    X509_NAME *name = X509_NAME_new();

    if (!name || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, value.bytes, -1, -1, 0) != 1) {
        give_up("no name");
    }
    return name;
}

static X509 *new_certificate(const char *name, const char *issuer, EVP_PKEY *key, long days)
{
    static long serial;
    X509_NAME *subject = new_name(name);
    X509_NAME *from = new_name(issuer);
    X509 *made = X509_new();

    if (!made || X509_set_version(made, 2) != 1 || X509_set_pubkey(made, key) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial) != 1 || X509_set_subject_name(made, subject) != 1 ||
        X509_set_issuer_name(made, from) != 1 || !X509_gmtime_adj(X509_getm_notBefore(made), -600) ||
        !X509_gmtime_adj(X509_getm_notAfter(made), days * 86400)) {
        give_up("no certificate");
    }
    X509_NAME_free(subject);
    X509_NAME_free(from);
    return made;
}

/* Signs and writes it; frees it. */
static void put_certificate(CK_SESSION_HANDLE session, X509 *certificate, EVP_PKEY *ca, char *label)
{
    CK_BYTE subject[512], issuer[512], serial[64], value[4096], *at = value, *serial_at = serial;
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_OBJECT_HANDLE written = 0;

    if (X509_sign(certificate, ca, EVP_sha256()) <= 0 || (size_t)i2d_X509(certificate, NULL) > sizeof value) {
        give_up("a certificate cannot be signed");
    }
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof class },
        { CKA_CERTIFICATE_TYPE, &type, sizeof type },
        { CKA_TOKEN, &yes, sizeof yes },
        { CKA_PRIVATE, &no, sizeof no },
        { CKA_LABEL, label, strlen(label) },
        { CKA_ID, label, strlen(label) },
        { CKA_SUBJECT, subject, der_of(X509_get_subject_name(certificate), subject, sizeof subject) },
        { CKA_ISSUER, issuer, der_of(X509_get_issuer_name(certificate), issuer, sizeof issuer) },
        { CKA_SERIAL_NUMBER, serial, (CK_ULONG)i2d_ASN1_INTEGER(X509_get_serialNumber(certificate), &serial_at) },
        { CKA_VALUE, value, (CK_ULONG)i2d_X509(certificate, &at) },
    };
    must(functions->C_CreateObject(session, template, COUNT(template), &written), "C_CreateObject");
    X509_free(certificate);
}

/* The SubjectPublicKeyInfo of a P-256 key up to the point (RFC 5480). */
static const CK_BYTE p256_head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                     0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };

static EVP_PKEY *public_key_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, char *label, size_t room)
{
    enum { POINT = 65 };
    CK_BYTE point[2 + POINT]; /* an OCTET STRING */
    CK_BYTE info[sizeof p256_head + POINT];
    const unsigned char *at = info;
    CK_ATTRIBUTE wanted[] = { { CKA_LABEL, label, room - 1 }, { CKA_EC_POINT, point, sizeof point } };

    must(functions->C_GetAttributeValue(session, object, wanted, COUNT(wanted)), "C_GetAttributeValue");
    label[wanted[0].ulValueLen] = '\0';
    memcpy(info, p256_head, sizeof p256_head);
    memcpy(info + sizeof p256_head, point + 2, POINT);
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, sizeof info);

    if (!key) {
        give_up("not a P-256 key");
    }
    return key;
}

static void certify(unsigned long due)
{
    enum { MOST = 100000 };
    static CK_OBJECT_HANDLE handles[MOST];
    CK_SESSION_HANDLE session = start(CKF_RW_SESSION);
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_KEY_TYPE type = CKK_EC;
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type } };
    CK_ULONG count = find(session, template, COUNT(template), handles, MOST);
    EVP_PKEY *ca = EVP_EC_gen("P-256");
    char label[64] = "bench CA";

    put_certificate(session, new_certificate(label, label, ca, 3650), ca, label);
    for (CK_ULONG i = 0; i < count; i++) {
        EVP_PKEY *key = public_key_of(session, handles[i], label, sizeof label);

        put_certificate(session, new_certificate(label, "bench CA", key, i < due ? 7 : 365), ca, label);
        EVP_PKEY_free(key);
    }
    EVP_PKEY_free(ca);
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

/* With room for what they usually are. */
static void read_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class)
{
    static const CK_ATTRIBUTE_TYPE of_key[] = {
        CKA_TOKEN,     CKA_PRIVATE,      CKA_SENSITIVE,         CKA_EXTRACTABLE,
        CKA_LOCAL,     CKA_MODIFIABLE,   CKA_ALWAYS_SENSITIVE,  CKA_NEVER_EXTRACTABLE,
        CKA_COPYABLE,  CKA_DESTROYABLE,  CKA_WRAP_WITH_TRUSTED, CKA_ALWAYS_AUTHENTICATE,
        CKA_SIGN,      CKA_SIGN_RECOVER, CKA_DECRYPT,           CKA_UNWRAP,
        CKA_DERIVE,    CKA_CLASS,        CKA_KEY_TYPE,          CKA_LABEL,
        CKA_ID,        CKA_SUBJECT,      CKA_MODULUS,           CKA_PUBLIC_EXPONENT,
        CKA_EC_PARAMS, CKA_EC_POINT,
    };
    static const CK_ATTRIBUTE_TYPE of_certificate[] = { CKA_LABEL,   CKA_ID,         CKA_SUBJECT,
                                                        CKA_ISSUER,  CKA_VALUE,      CKA_SERIAL_NUMBER,
                                                        CKA_TRUSTED, CKA_MODIFIABLE, CKA_CERTIFICATE_CATEGORY };
    static CK_BYTE room[COUNT(of_key)][4096];
    const bool is_certificate = class == CKO_CERTIFICATE;
    const CK_ATTRIBUTE_TYPE *types = is_certificate ? of_certificate : of_key;
    const CK_ULONG count = is_certificate ? COUNT(of_certificate) : COUNT(of_key);
    CK_ATTRIBUTE wanted[COUNT(of_key)];

    for (CK_ULONG i = 0; i < count; i++) {
        wanted[i] = (CK_ATTRIBUTE){ types[i], room[i], sizeof room[i] };
    }
    /* What an object does not have is refused, which is an answer too. */
    (void)functions->C_GetAttributeValue(session, object, wanted, count);
}

static void list_class(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    enum { MOST = 100000 };
    static CK_OBJECT_HANDLE handles[MOST];
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
    CK_ULONG count = find(session, &template, 1, handles, MOST);

    for (CK_ULONG i = 0; i < count; i++) {
        read_object(session, handles[i], class);
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
    } else if (strcmp(verb, "certify") == 0 && argc == 3) {
        certify(strtoul(argv[2], NULL, 10));
    } else if (strcmp(verb, "hosts") == 0 && argc == 5) {
        make_hosts(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
    } else if (strcmp(verb, "accept") == 0 && argc == 3) {
        accept_certificate(argv[2]);
    } else if (strcmp(verb, "forget") == 0 && argc == 3) {
        forget(argv[2]);
    } else if (strcmp(verb, "list") == 0 && argc == 2) {
        list();
    } else {
        give_up("usage: raw populate|certify|sign|hosts|accept|forget|list …; see the head of raw.c");
    }
    must(functions->C_Finalize(NULL), "C_Finalize");
    return 0;
}
