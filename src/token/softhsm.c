/* SPDX-License-Identifier: Apache-2.0 */
#include "token/softhsm.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "token/ckr.h"

#define SYSTEM_CONFIGURATION "/etc/softhsm/softhsm2.conf"
#define SYSTEM_TOKEN_FOLDER  "/var/lib/softhsm/tokens/" /* used if no configuration names another */
#define OWN_CONFIGURATION    ".config/softhsm2/softhsm2.conf"
#define SANDBOX_HINT         "`p11cert sandbox` makes a private token"

typedef struct {
    char path[PATH_MAX];
    bool is_from_variable;
    char unusable_own[PATH_MAX]; /* the user's own, if it exists and SoftHSM ignores it; else empty */
    char token_folder[PATH_MAX];
} configuration;

bool pc_softhsm_is_module(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strncmp(slash ? slash + 1 : path, "libsofthsm2", strlen("libsofthsm2")) == 0;
}

static bool own_configuration(char out[static PATH_MAX])
{
    const char *home = getenv("HOME");
    struct passwd entry;
    struct passwd *found = NULL;
    char texts[4096];

    if (!home || !*home) {
        home = getpwuid_r(getuid(), &entry, texts, sizeof texts, &found) == 0 && found ? found->pw_dir : NULL;
    }
    return home && snprintf(out, PATH_MAX, "%s/" OWN_CONFIGURATION, home) < PATH_MAX;
}

static void find_configuration(configuration *conf)
{
    const char *variable = getenv("SOFTHSM2_CONF");
    char own[PATH_MAX];

    if (variable) {
        conf->is_from_variable = true;
        (void)snprintf(conf->path, sizeof conf->path, "%s", variable);
        return;
    }
    (void)snprintf(conf->path, sizeof conf->path, "%s", SYSTEM_CONFIGURATION);
    if (!own_configuration(own)) {
        return;
    }
    if (access(own, R_OK) == 0) {
        (void)snprintf(conf->path, sizeof conf->path, "%s", own);
    } else if (errno != ENOENT && errno != ENOTDIR) {
        (void)snprintf(conf->unusable_own, sizeof conf->unusable_own, "%s", own);
    }
}

/* "NAME = VALUE # comment"; a further '=' ends the value. */
static void read_line(char *line, configuration *conf)
{
    line[strcspn(line, "#\r\n")] = '\0';
    char *rest = NULL;
    const char *name = strtok_r(line, "=", &rest);
    const char *value = name ? strtok_r(NULL, "=", &rest) : NULL;

    if (value && pc_span_equal(pc_span_trim(pc_span_of(name)), "directories.tokendir")) {
        pc_span trimmed = pc_span_trim(pc_span_of(value));

        (void)snprintf(conf->token_folder, sizeof conf->token_folder, "%.*s", (int)trimmed.len, trimmed.start);
    }
}

/* Returns 0 or the errno of the failure to read it. */
static int read_configuration(configuration *conf)
{
    PC_AUTO(file) FILE *in = fopen(conf->path, "re");
    char line[1024];

    if (!in) {
        return errno;
    }
    (void)snprintf(conf->token_folder, sizeof conf->token_folder, "%s", SYSTEM_TOKEN_FOLDER);
    errno = 0;
    while (fgets(line, sizeof line, in)) {
        read_line(line, conf);
    }
    return ferror(in) ? errno : 0;
}

static int try_token_folder(const char *path, pc_softhsm_need need)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return errno;
    }
    (void)close(fd);
    int mode = need == PC_SOFTHSM_WRITE ? W_OK | X_OK : X_OK;

    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : errno;
}

/* The file itself, or the innermost parent folder that this user can examine. */
static bool find_visible(const char *path, struct stat *ret_info)
{
    char part[PATH_MAX];

    (void)snprintf(part, sizeof part, "%s", path);
    while (stat(part, ret_info) != 0) {
        char *slash = strrchr(part, '/');

        if (errno != EACCES || !slash || slash == part) {
            return false;
        }
        *slash = '\0';
    }
    return true;
}

/* The group whose members have the access that this user lacks: ", or become a member of the group \"softhsm\"". */
static const char *group_hint(const char *path, int error_number, char out[static 128])
{
    struct stat info;
    struct group entry;
    struct group *found = NULL;
    char texts[4096];

    out[0] = '\0';
    if (error_number != EACCES || !find_visible(path, &info) || info.st_gid == 0 || (info.st_mode & S_IRGRP) == 0 ||
        (info.st_mode & S_IROTH) != 0) {
        return out;
    }
    if (getgrgid_r(info.st_gid, &entry, texts, sizeof texts, &found) == 0 && found) {
        (void)snprintf(out, 128, "; for the system's tokens, become a member of the group \"%.40s\"", found->gr_name);
    }
    return out;
}

static void explain_configuration(const configuration *conf, int error_number, pc_error *err)
{
    char group[128];

    if (conf->is_from_variable) {
        (void)pc_fail_errno(err, PC_E_TOKEN, error_number, "SoftHSM cannot read its configuration \"%s\"", conf->path);
        (void)pc_hint(err, PC_E_TOKEN,
                      "SOFTHSM2_CONF names this file: correct the variable or the file's permissions; " SANDBOX_HINT);
        return;
    }
    if (conf->unusable_own[0]) {
        (void)pc_fail_errno(err, PC_E_TOKEN, error_number,
                            "SoftHSM can read neither your configuration \"%s\" nor the system's \"%s\"",
                            conf->unusable_own, conf->path);
        (void)pc_hint(err, PC_E_TOKEN, "make your configuration readable; " SANDBOX_HINT);
        return;
    }
    (void)pc_fail_errno(err, PC_E_TOKEN, error_number, "SoftHSM cannot read its configuration \"%s\"", conf->path);
    (void)pc_hint(err, PC_E_TOKEN, SANDBOX_HINT "; for a lasting one, set SOFTHSM2_CONF to your own configuration%s",
                  group_hint(conf->path, error_number, group));
}

static void explain_token_folder(const configuration *conf, int error_number, pc_softhsm_need need, pc_error *err)
{
    char group[128];

    (void)pc_fail_errno(err, PC_E_TOKEN, error_number, "SoftHSM cannot %s its token folder \"%s\", set in \"%s\"",
                        need == PC_SOFTHSM_WRITE ? "write to" : "open", conf->token_folder, conf->path);
    if (error_number == ENOENT) {
        (void)pc_hint(err, PC_E_TOKEN,
                      "create that folder with mkdir -m 700, or correct directories.tokendir; " SANDBOX_HINT);
        return;
    }
    (void)pc_hint(err, PC_E_TOKEN,
                  SANDBOX_HINT "; for a lasting one, set SOFTHSM2_CONF to your own configuration, with your own folder "
                               "as directories.tokendir%s",
                  group_hint(conf->token_folder, error_number, group));
}

static bool find_fault(pc_softhsm_need need, pc_error *err)
{
    configuration conf = { .is_from_variable = false };

    find_configuration(&conf);
    int error_number = read_configuration(&conf);

    if (error_number) {
        explain_configuration(&conf, error_number, err);
        return true;
    }
    error_number = try_token_folder(conf.token_folder, need);
    if (error_number) {
        explain_token_folder(&conf, error_number, need, err);
    }
    return error_number != 0;
}

pc_status pc_softhsm_fail(pc_softhsm_need need, CK_RV rv, const char *function, pc_error *err)
{
    bool may_be_files = rv == CKR_GENERAL_ERROR || rv == CKR_DEVICE_ERROR;

    if (!may_be_files || !find_fault(need, err)) {
        return pc_fail_ckr(err, rv, function);
    }
    return pc_note(err, PC_E_TOKEN, "%s: %s (0x%lx)", function, pc_ckr_name(rv), rv);
}

uint64_t pc_softhsm_folder_number(void)
{
    configuration conf = { .is_from_variable = false };
    struct stat info;

    find_configuration(&conf);
    if (read_configuration(&conf) != 0 || stat(conf.token_folder, &info) != 0) {
        return 0;
    }
    return (uint64_t)info.st_dev << 48 ^ info.st_ino;
}
