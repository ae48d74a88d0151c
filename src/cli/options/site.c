/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options/site.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/foreign.h"
#include "base/nearest.h"
#include "base/yaml.h"

#define MACHINE_FILE "/etc/p11cert/config.yaml"
#define MOST_SITES   1000
#define MOST_SIZE    (256u * 1024u)
#define MOST_TEXT    4096

typedef struct {
    const char *first_site; /* the default */
    const char *log;        /* the audit log */
    pc_site *sites;
    unsigned sites_count;
} configuration;

#define TEXT(key, flags, type, member) \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), type, member, 1, MOST_TEXT)

static const cyaml_schema_field_t site_fields[] = {
    TEXT("name", CYAML_FLAG_DEFAULT, pc_site, name),
    TEXT("module", CYAML_FLAG_OPTIONAL, pc_site, module),
    TEXT("module-init-args", CYAML_FLAG_OPTIONAL, pc_site, module_init_args),
    TEXT("token", CYAML_FLAG_OPTIONAL, pc_site, token),
    TEXT("pin-source", CYAML_FLAG_OPTIONAL, pc_site, pin_source),
    TEXT("signer", CYAML_FLAG_OPTIONAL, pc_site, signer),
    TEXT("ca", CYAML_FLAG_OPTIONAL, pc_site, ca),
    TEXT("policy", CYAML_FLAG_OPTIONAL, pc_site, policy),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t site_entry = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, pc_site, site_fields) };
static const cyaml_schema_field_t configuration_fields[] = {
    TEXT("default", CYAML_FLAG_OPTIONAL, configuration, first_site),
    TEXT("log", CYAML_FLAG_OPTIONAL, configuration, log),
    CYAML_FIELD_SEQUENCE("sites", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, configuration, sites, &site_entry, 1,
                         MOST_SITES),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, configuration,
                                                                 configuration_fields) };

static void configuration_free(configuration *read)
{
    pc_yaml_free(&schema, read);
}
PC_AUTO_DEFINE(configuration, configuration, configuration_free);

/* The log that the machine's file names must not be lost because a user cannot read that file, and a file that somebody
 * names must be there. A user's own file may be in the folder of another user, as with sudo -u. */
static pc_status check_absence(const char *file, int cause, pc_error *err)
{
    const char *only = getenv("P11CERT_CONFIG");
    const bool is_named = only && *only;
    struct stat link;

    if (cause == EACCES && !is_named && strcmp(file, MACHINE_FILE) != 0) {
        return PC_OK;
    }
    if ((cause == ENOENT || cause == ENOTDIR) && !is_named && lstat(file, &link) != 0) {
        return PC_OK;
    }
    (void)pc_fail_errno(err, PC_E_IO, cause, "cannot read the configuration file \"%s\"", file);
    return is_named
               ? pc_hint(err, PC_E_IO, "P11CERT_CONFIG names it; P11CERT_CONFIG=/dev/null stands for no configuration")
               : pc_hint(err, PC_E_IO,
                         "make it readable, or name another file in P11CERT_CONFIG (/dev/null: no configuration)");
}

/* It names a module, which is code, and a program that prints a PIN. */
static pc_status check_owner(const char *file, bool *ret_exists, pc_error *err)
{
    struct stat info;

    *ret_exists = false;
    if (strcmp(file, "/dev/null") == 0) {
        return PC_OK;
    }
    if (stat(file, &info) != 0) {
        return check_absence(file, errno, err);
    }
    if (pc_is_foreign(file, &info)) {
        (void)pc_fail(err, PC_E_REFUSED, "others can change the configuration file \"%s\"", file);
        return pc_hint(err, PC_E_REFUSED, "it names modules to load: it must belong to root or you, with chmod go-w");
    }
    *ret_exists = true;
    return PC_OK;
}

static pc_status refuse_twins(const configuration *read, const char *file, pc_error *err)
{
    for (size_t i = 0; i < read->sites_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(read->sites[i].name, read->sites[j].name) == 0) {
                return pc_fail(err, PC_E_INPUT, "\"%s\" has two sites with the name \"%s\"", file, read->sites[i].name);
            }
        }
    }
    return PC_OK;
}

static pc_status read_file(const char *file, pc_arena *arena, configuration **ret_read, pc_error *err)
{
    pc_yaml_source source = {
        .file = file,
        .what = "a configuration",
        .hint = "see CONFIGURATION in p11cert(1) for the format",
        .max_size = MOST_SIZE,
        .schema = &schema,
    };
    PC_AUTO(configuration) configuration *read = NULL;
    bool exists = false;
    void *data = NULL;

    PC_TRY(check_owner(file, &exists, err));
    if (exists) {
        PC_TRY(pc_file_read(arena, file, MOST_SIZE, &source.bytes, err));
        PC_TRY(pc_yaml_load(&source, &data, err));
        read = data;
        PC_TRY(refuse_twins(read, file, err));
    }
    *ret_read = PC_TAKE(read);
    return PC_OK;
}

static const char *copy(pc_arena *arena, const char *text, bool *is_whole)
{
    const char *copied = text ? pc_arena_string(arena, text) : NULL;

    *is_whole = *is_whole && (!text || copied);
    return copied;
}

static pc_status keep(const pc_site *found, const char *file, pc_arena *arena, const pc_site **ret_site, pc_error *err)
{
    pc_site *kept = pc_arena_alloc(arena, sizeof *kept);
    bool is_whole = kept != NULL;

    if (kept) {
        *kept = (pc_site){
            .name = copy(arena, found->name, &is_whole),
            .module = copy(arena, found->module, &is_whole),
            .module_init_args = copy(arena, found->module_init_args, &is_whole),
            .token = copy(arena, found->token, &is_whole),
            .pin_source = copy(arena, found->pin_source, &is_whole),
            .signer = copy(arena, found->signer, &is_whole),
            .ca = copy(arena, found->ca, &is_whole),
            .policy = copy(arena, found->policy, &is_whole),
            .file = copy(arena, file, &is_whole),
        };
    }
    *ret_site = kept;
    return is_whole ? PC_OK : pc_fail_memory(err);
}

typedef struct {
    const char *name; /* NULL: the default */
    pc_arena *arena;
    pc_nearest nearest;
} search;

static pc_status look_in(search *wanted, const char *file, const pc_site **ret_site, pc_error *err)
{
    PC_AUTO(configuration) configuration *read = NULL;

    PC_TRY(read_file(file, wanted->arena, &read, err));
    const char *name = wanted->name ? wanted->name : read ? read->first_site : NULL;

    for (size_t i = 0; name && read && i < read->sites_count; i++) {
        if (strcmp(read->sites[i].name, name) == 0) {
            return keep(&read->sites[i], file, wanted->arena, ret_site, err);
        }
        pc_nearest_offer(&wanted->nearest, pc_arena_string(wanted->arena, read->sites[i].name));
    }
    if (name && !wanted->name) {
        return pc_fail(err, PC_E_INPUT, "\"%s\": the default site \"%s\" is not among the sites", file, name);
    }
    return PC_OK;
}

static const char *user_file(pc_arena *arena)
{
    const char *folder = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    if (folder && *folder == '/') {
        return pc_arena_format(arena, "%s/p11cert/config.yaml", folder);
    }
    return home && *home == '/' ? pc_arena_format(arena, "%s/.config/p11cert/config.yaml", home) : NULL;
}

#define FILES 2u

/* The files to search, in order. */
static void name_files(pc_arena *arena, const char *files[static FILES])
{
    const char *only = getenv("P11CERT_CONFIG");
    const bool is_only = only && *only;

    files[0] = is_only ? only : user_file(arena);
    files[1] = is_only ? NULL : MACHINE_FILE;
}

static pc_status read_log(const char *file, pc_arena *arena, const char **ret_log, pc_error *err)
{
    PC_AUTO(configuration) configuration *read = NULL;

    PC_TRY(read_file(file, arena, &read, err));
    if (!read || !read->log) {
        return PC_OK;
    }
    if (*read->log != '/' && strcmp(read->log, "syslog") != 0 && strcmp(read->log, "journald") != 0) {
        return pc_fail(err, PC_E_INPUT, "\"%s\": log is \"syslog\", \"journald\" or a path that begins with /", file);
    }
    *ret_log = pc_arena_string(arena, read->log);
    return *ret_log ? PC_OK : pc_fail_memory(err);
}

static pc_status add_names(const char *file, pc_arena *arena, pc_site_name_list *names, pc_error *err)
{
    PC_AUTO(configuration) configuration *read = NULL;

    PC_TRY(read_file(file, arena, &read, err));
    for (size_t i = 0; read && i < read->sites_count; i++) {
        const char *name = pc_arena_string(arena, read->sites[i].name);
        const char **item = name ? PC_PUSH(arena, names->items, names->count) : NULL;

        if (!item) {
            return pc_fail_memory(err);
        }
        *item = name;
    }
    return PC_OK;
}

pc_status pc_site_names(pc_arena *arena, pc_site_name_list *ret_names, pc_error *err)
{
    const char *files[FILES];
    pc_site_name_list names = { .items = NULL };

    name_files(arena, files);
    for (size_t i = 0; i < FILES; i++) {
        PC_TRY(files[i] ? add_names(files[i], arena, &names, err) : PC_OK);
    }
    *ret_names = names;
    return PC_OK;
}

pc_status pc_site_log(pc_arena *arena, const char **ret_log, const char **ret_file, pc_error *err)
{
    const char *files[FILES];
    const char *log = NULL;

    name_files(arena, files);
    for (size_t i = 0; i < FILES && !log; i++) {
        PC_TRY(files[i] ? read_log(files[i], arena, &log, err) : PC_OK);
        *ret_file = files[i];
    }
    *ret_log = log;
    return PC_OK;
}

pc_status pc_site_find(const char *name, pc_arena *arena, const pc_site **ret_site, pc_error *err)
{
    const char *files[FILES];
    search wanted = { .name = name, .arena = arena, .nearest = pc_nearest_to(name ? name : "") };

    name_files(arena, files);
    *ret_site = NULL;
    for (size_t i = 0; i < FILES && !*ret_site; i++) {
        PC_TRY(files[i] ? look_in(&wanted, files[i], ret_site, err) : PC_OK);
    }
    if (*ret_site || !name) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_NOT_FOUND, "there is no site \"%s\" in the configuration", name);
    return wanted.nearest.best ? pc_hint(err, PC_E_NOT_FOUND, "did you mean \"%s\"?", wanted.nearest.best)
                               : pc_hint(err, PC_E_NOT_FOUND, "sites are in %s%s%s", files[0] ? files[0] : "",
                                         files[0] && files[1] ? " and " : "", files[1] ? files[1] : "");
}

const char *pc_site_setting(const pc_site *site, const char *option, const char *environment)
{
    const struct {
        const char *option;
        const char *environment; /* of the option in question, since others have the same name */
        const char *text;
    } settings[] = {
        { "module", "P11CERT_MODULE", site->module },
        { "module-init-args", "P11CERT_MODULE_INIT_ARGS", site->module_init_args },
        { "token", "P11CERT_TOKEN", site->token },
        { "pin-source", "P11CERT_PIN_SOURCE", site->pin_source },
        { "signer", "P11CERT_SIGNER", site->signer },
        { "ca", "P11CERT_CA", site->ca },
        { "policy", NULL, site->policy },
    };

    for (size_t i = 0; i < PC_COUNT(settings); i++) {
        const char *wanted = settings[i].environment;

        if (strcmp(settings[i].option, option) == 0 &&
            (wanted ? environment && strcmp(wanted, environment) == 0 : !environment)) {
            return settings[i].text;
        }
    }
    return NULL;
}
