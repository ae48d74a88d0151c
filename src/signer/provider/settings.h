/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_PROVIDER_SETTINGS_H
#define PC_SIGNER_PROVIDER_SETTINGS_H

#include <p11cert/error.h>

/** Which PKCS#11 provider of OpenSSL this machine has, and the configuration (config(5)) that makes it use the lens. */

#define PC_PROVIDER_PATH_ROOM 4096u

/** A provider that p11cert can use. Texts are static. */
typedef struct {
    const char *name;     /**< the name that its developers use */
    const char *section;  /**< its name in OpenSSL */
    const char *property; /**< fetches its algorithms (property(7)) */
    const char *module;   /**< the name of its setting for the PKCS#11 module */
    const char *others;   /**< further lines of its section, each with its line end */
    const char *base;     /**< the file's name in OpenSSL's folder of modules */
} pc_provider_product;

typedef struct {
    const pc_provider_product *product;
    char file[PC_PROVIDER_PATH_ROOM];
} pc_provider_found;

/**
 * The first that is in OpenSSL's folder of modules, or in OPENSSL_MODULES.
 * @return PC_OK; PC_E_CRYPTO if there is none, or if the environment points it to a PKCS#11 module other than the lens.
 */
PC_MUST_CHECK pc_status pc_provider_find(pc_provider_found *ret_found, pc_error *err);

/**
 * Write the configuration into memory, since releases of OpenSSL before 3.2 configure a provider only from a file.
 * @param ret_file owned by the caller, who closes it when the configuration was read
 * @param ret_path  names the file for this process
 * @return PC_OK; PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_provider_write_settings(const pc_provider_found *found, const char *lens_path, int *ret_file,
                                                   char ret_path[static 64], pc_error *err);

#endif
