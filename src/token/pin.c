/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/secret_auto.h"
#include "base/text.h"
#include "token/pin.h"
#include "token/pin_dialog.h"
#include "token/pin_file.h"
#include "token/pin_program.h"
#include "token/share.h"

#define PIN_MAX ((size_t)1023) /* more than tokens accept: NSS accepts 500 bytes */

/* Wording of errors, by kind. */
static const struct {
    const char *noun;
    const char *untouched;
    const char *option;
    const char *field; /* of a window, which has room for few words */
} words[] = {
    [PC_SECRET_USER_PIN] = { "PIN", "no login was attempted", "`pin_source`", "User PIN:" },
    [PC_SECRET_SO_PIN] = { "Security Officer's PIN", "no login was attempted", "`so_pin_source`", "SO PIN:" },
    [PC_SECRET_CA_PASSWORD] = { "password", "nothing was sent", "`password_source`", "CA password:" },
    [PC_SECRET_FILE_PASSWORD] = { "password", "nothing was tried", "`password_source`", "PFX password:" },
    [PC_SECRET_KIT_PASSWORD] = { "password", "nothing was tried", "`kit_password_source`", "PFX password:" },
    [PC_SECRET_NEW_PIN] = { "new PIN", "nothing was changed", "`new_pin_source`", "New PIN:" },
    [PC_SECRET_SHARE] = { "share", "nothing was tried", "`pin_source`", "Share:" },
};

/* "\n" or "\r\n" ends the line with the PIN; it is not part of the PIN. */
static void drop_line_end(pc_secret *pin)
{
    const uint8_t *bytes = pc_secret_bytes(pin);
    size_t len = pc_secret_len(pin);

    if (len && bytes[len - 1] == '\n') {
        len--;
        if (len && bytes[len - 1] == '\r') {
            len--;
        }
    }
    pc_secret_set_len(pin, len);
}

/* Straight into locked memory: stdio would keep a copy in its buffer. */
static pc_status read_descriptor(int fd, const char *source, pc_secret_kind kind, pc_secret *pin, pc_error *err)
{
    uint8_t *bytes = pc_secret_bytes(pin);
    size_t room = pc_secret_size(pin);
    size_t len = 0;

    while (len < room) {
        ssize_t got = read(fd, bytes + len, room - len);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return pc_fail_errno(err, PC_E_IO, errno, "cannot read the %s from \"%s\"", words[kind].noun, source);
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    pc_secret_set_len(pin, len);
    drop_line_end(pin);
    return PC_OK;
}

/* A hint that this process can follow: a Secret in a pod belongs to another user and is on a read-only file system. */
static pc_status hint_at_mode(int fd, const struct stat *info, pc_secret_kind kind, pc_error *err)
{
    struct statvfs system;
    bool is_read_only = fstatvfs(fd, &system) == 0 && (system.f_flag & ST_RDONLY) != 0;

    if (!is_read_only && (geteuid() == 0 || geteuid() == info->st_uid)) {
        return pc_hint(err, PC_E_REFUSED, "run chmod 600 on it, and consider who could have read it");
    }
    return pc_hint(
        err, PC_E_REFUSED,
        "this process cannot change the file: its owner can set mode 0400, or root's file can have mode 0440 "
        "and a group of this process (in Kubernetes: defaultMode: 0440 of the volume, and fsGroup); or use "
        "%s fd:N, env:NAME or credential:NAME",
        words[kind].option);
}

static pc_status refuse_owner(const struct stat *info, const char *source, pc_secret_kind kind, pc_error *err)
{
    const struct passwd *owner = getpwuid(info->st_uid);

    (void)pc_fail(err, PC_E_REFUSED, "the %s file of \"%s\" belongs to user %lu (%s), who can read and change it",
                  words[kind].noun, source, (unsigned long)info->st_uid, owner ? owner->pw_name : "no name");
    return pc_hint(err, PC_E_REFUSED, "run chown root on it, or use %s fd:3 3<FILE to use it as it is",
                   words[kind].option);
}

static pc_status check_pin_file(int fd, const char *source, pc_secret_kind kind, pc_error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot examine \"%s\"", source);
    }
    if (S_ISDIR(info.st_mode)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is a directory, not a file with a %s", source, words[kind].noun);
    }
    if (S_ISREG(info.st_mode) && !pc_pin_file_is_private(fd, &info)) {
        (void)pc_fail(err, PC_E_REFUSED, "others can access the %s file of \"%s\" (mode %03o)", words[kind].noun,
                      source, (unsigned)(info.st_mode & 0777));
        return hint_at_mode(fd, &info, kind, err);
    }
    /* If another user chose it, it is not a secret that only root knows. */
    return S_ISREG(info.st_mode) && geteuid() == 0 && info.st_uid != 0 ? refuse_owner(&info, source, kind, err) : PC_OK;
}

static pc_status fail_open(const char *source, pc_secret_kind kind, pc_error *err)
{
    const int reason = errno;
    const pc_status status = reason == ENOENT ? PC_E_NOT_FOUND : PC_E_IO;

    (void)pc_fail_errno(err, status, reason, "cannot open the %s source \"%s\"", words[kind].noun, source);
    return pc_hint(err, status,
                   reason == ENOENT
                       ? "create the file so that only you can read it (umask 077), or give %s prompt, fd:N, "
                         "env:NAME, credential:NAME or |PROGRAM"
                       : "its owner must let this user read it, and nobody else; or give %s prompt, fd:N, "
                         "env:NAME, credential:NAME or |PROGRAM",
                   words[kind].option);
}

static pc_status read_file(const char *path, const char *source, pc_secret_kind kind, pc_secret *pin, pc_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        return fail_open(source, kind, err);
    }
    pc_status status = check_pin_file(fd, source, kind, err);

    if (status == PC_OK) {
        status = read_descriptor(fd, source, kind, pin, err);
    }
    (void)close(fd);
    return status;
}

/* The bytes are also wiped in place, since /proc/PID/environ shows that memory. */
static pc_status read_environment(const char *name, pc_secret_kind kind, pc_secret *pin, pc_error *err)
{
    char *value = getenv(name);

    if (!value) {
        return pc_fail(err, PC_E_AUTH, "the environment variable of the %s source env:%s is not set", words[kind].noun,
                       name);
    }
    size_t len = strlen(value);
    size_t kept = len < pc_secret_size(pin) ? len : pc_secret_size(pin);

    memcpy(pc_secret_bytes(pin), value, kept);
    pc_secret_set_len(pin, kept);
    explicit_bzero(value, len);
    (void)unsetenv(name);
    drop_line_end(pin);
    return PC_OK;
}

/* systemd.exec(5), "CREDENTIALS": a folder that only the service can read. */
static pc_status read_credential(const char *name, const char *source, pc_secret_kind kind, pc_secret *pin,
                                 pc_error *err)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    PC_AUTO(free) char *path = NULL;

    if (!*name || strchr(name, '/') || name[0] == '.') {
        return pc_fail(err, PC_E_USAGE, "\"%s\" does not name a credential", source);
    }
    if (!folder || !*folder) {
        (void)pc_fail(err, PC_E_NOT_FOUND, "the %s source \"%s\" requires a systemd credential, and there is none",
                      words[kind].noun, source);
        return pc_hint(
            err, PC_E_NOT_FOUND,
            "systemd sets CREDENTIALS_DIRECTORY for a unit with LoadCredential= or LoadCredentialEncrypted=");
    }
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        path = NULL;
        return pc_fail_memory(err);
    }
    return read_file(path, source, kind, pin, err);
}

/* What follows a scheme and a colon; NULL if nothing does. */
static const char *path_of(const char *source)
{
    const char *colon = strchr(source, ':');

    return colon ? colon + 1 : NULL;
}

/* Of a program: one that was written for this, or one that shows a window. */
static bool is_program(const char *source)
{
    return source[0] == '|' || pc_pin_source_is(source, "pinentry") || pc_pin_source_is(source, "askpass");
}

static pc_status read_program(const pc_secret_request *request, pc_secret *pin, pc_error *err)
{
    const char *source = request->source;
    const pc_dialog_question question = { .what = request->what, .field = words[request->kind].field };
    pc_status status = source[0] == '|' ? pc_pin_program_run(source + 1, pin, err)
                       : pc_pin_source_is(source, "pinentry")
                           ? pc_pin_dialog_pinentry(path_of(source), &question, pin, err)
                           : pc_pin_dialog_askpass(path_of(source), &question, pin, err);

    if (status != PC_OK) {
        return pc_note(err, status, "cannot read the %s; %s", words[request->kind].noun,
                       words[request->kind].untouched);
    }
    drop_line_end(pin);
    return PC_OK;
}

/* A scheme alone: in a script, its variable was not set. */
static bool is_nameless(const char *source)
{
    static const char *const schemes[] = { "file:", "env:", "credential:", "fd:", "pinentry:", "askpass:" };

    for (size_t i = 0; i < PC_COUNT(schemes); i++) {
        if (strcmp(source, schemes[i]) == 0) {
            return true;
        }
    }
    return false;
}

static pc_status refuse_nameless(const char *source, pc_secret_kind kind, pc_error *err)
{
    (void)pc_fail(err, PC_E_USAGE, "nothing follows \"%s\" in the %s source", source, words[kind].noun);
    return pc_hint(err, PC_E_USAGE,
                   "give %s file:PATH, fd:N, env:NAME or credential:NAME; in a script, a variable may "
                   "not be set",
                   words[kind].option);
}

static pc_status read_source(const char *source, pc_secret_kind kind, pc_secret *pin, pc_error *err)
{
    unsigned long fd = 0;

    if (pc_text_starts(source, "file:")) {
        return read_file(source + strlen("file:"), source, kind, pin, err);
    }
    if (pc_text_starts(source, "env:")) {
        return read_environment(source + strlen("env:"), kind, pin, err);
    }
    if (pc_text_starts(source, "credential:")) {
        return read_credential(source + strlen("credential:"), source, kind, pin, err);
    }
    if (pc_text_starts(source, "fd:")) {
        if (!pc_text_to_number(source + strlen("fd:"), 65535, &fd)) {
            return pc_fail(err, PC_E_USAGE, "\"%s\" does not name a file descriptor", source);
        }
        return read_descriptor((int)fd, source, kind, pin, err);
    }
    /* Not quoted in the error: a PIN given in place of a source would be printed. */
    (void)pc_fail(err, PC_E_USAGE,
                  "the %s source must be prompt, pinentry, askpass, shares, file:PATH, fd:N, env:NAME, credential:NAME "
                  "or |PROGRAM",
                  words[kind].noun);
    return pc_hint(
        err, PC_E_USAGE,
        "it says where the %s is, and is never the %s itself: others can read a command line, a variable and "
        "a configuration; if it was, change it",
        words[kind].noun, words[kind].noun);
}

static pc_status ask(const pc_secret_request *request, pc_secret *secret, pc_error *err)
{
    const pc_token_access *access = request->access;
    pc_status status = access->prompt
                           ? access->prompt(access->prompt_context, request->kind, request->what, secret, err)
                           : pc_fail(err, PC_E_AUTH, "no prompt is possible for the %s", request->what);

    /* A prompt function may read the secret from elsewhere, and then has a better explanation of the failure. */
    bool is_explained = status == PC_OK || !err || err->hint[0];

    return is_explained ? status
                        : pc_hint(err, status,
                                  "give %s pinentry, askpass, file:PATH, fd:N, env:NAME, credential:NAME or |PROGRAM",
                                  words[request->kind].option);
}

static pc_status read_shares(const pc_secret_request *request, pc_secret **ret_secret, pc_error *err)
{
    pc_status status = pc_share_ask(request->access, request->what, ret_secret, err);

    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "the %s cannot be joined from shares; %s", request->what,
                                     words[request->kind].untouched);
}

static bool begins_with_byte_order_mark(pc_secret *secret)
{
    static const struct {
        size_t len;
        uint8_t bytes[3];
    } marks[] = { { 3, { 0xef, 0xbb, 0xbf } }, { 2, { 0xff, 0xfe } }, { 2, { 0xfe, 0xff } } };

    for (size_t i = 0; i < PC_COUNT(marks); i++) {
        if (pc_secret_len(secret) >= marks[i].len &&
            memcmp(pc_secret_bytes(secret), marks[i].bytes, marks[i].len) == 0) {
            return true;
        }
    }
    return false;
}

/* What an editor or another system added would be tried as part of the secret, at the price of an attempt. */
static pc_status check_is_one_line(const pc_secret_request *request, pc_secret *secret, pc_error *err)
{
    const uint8_t *bytes = pc_secret_bytes(secret);
    size_t len = pc_secret_len(secret);
    const char *fault = begins_with_byte_order_mark(secret)                    ? "begins with a byte order mark"
                        : memchr(bytes, 0, len)                                ? "contains a zero byte"
                        : memchr(bytes, '\n', len) || memchr(bytes, '\r', len) ? "contains a line end"
                                                                               : NULL;

    if (!fault) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT, "the %s %s; %s", request->what, fault, words[request->kind].untouched);
    return pc_hint(err, PC_E_INPUT, "supply it as a single line of UTF-8 without a byte order mark");
}

pc_status pc_secret_read(const pc_secret_request *request, pc_secret **ret_secret, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *secret = NULL;
    const char *untouched = words[request->kind].untouched;

    /* Room for the longest PIN, its newline, and one more byte to detect a PIN that is too long. */
    PC_TRY(pc_secret_new(PIN_MAX + 3, &secret, err));
    if (strcmp(request->source, "prompt") == 0) {
        PC_TRY(ask(request, secret, err));
    } else if (strcmp(request->source, PC_PIN_SOURCE_SHARES) == 0) {
        return read_shares(request, ret_secret, err);
    } else if (is_nameless(request->source)) {
        return refuse_nameless(request->source, request->kind, err);
    } else if (is_program(request->source)) {
        PC_TRY(read_program(request, secret, err));
    } else {
        PC_TRY(read_source(request->source, request->kind, secret, err));
    }
    if (pc_secret_len(secret) == 0 && !request->may_be_empty) {
        return pc_fail(err, PC_E_AUTH, "the %s is empty; %s", request->what, untouched);
    }
    if (pc_secret_len(secret) > PIN_MAX) {
        return pc_fail(err, PC_E_INPUT, "the %s has more than %zu bytes; %s", request->what, PIN_MAX, untouched);
    }
    PC_TRY(check_is_one_line(request, secret, err));
    *ret_secret = PC_TAKE(secret);
    return PC_OK;
}

pc_status pc_secret_read_new(const pc_secret_request *request, pc_secret **ret_secret, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *secret = NULL;
    PC_AUTO(pc_secret) pc_secret *again = NULL;
    pc_secret_request second = *request;
    char what[320];

    PC_TRY(pc_secret_read(request, &secret, err));
    if (pc_pin_source_asks(request->source)) {
        (void)snprintf(what, sizeof what, "%s, once more", request->what);
        second.what = what;
        PC_TRY(pc_secret_read(&second, &again, err));
        if (!pc_secret_equal(secret, again)) {
            return pc_fail(err, PC_E_AUTH, "the two entries of the %s differ; nothing was done", request->what);
        }
    }
    *ret_secret = PC_TAKE(secret);
    return PC_OK;
}

pc_status pc_pin_read(const char *source, const pc_token_access *access, const char *what, pc_secret **ret_pin,
                      pc_error *err)
{
    const pc_secret_request request = { .source = source, .access = access, .what = what, .kind = PC_SECRET_USER_PIN };

    return pc_secret_read(&request, ret_pin, err);
}
