/* SPDX-License-Identifier: Apache-2.0 */
// Lists the tokens of a PKCS#11 module. Needs no PIN.
//   c++ tokens.cc $(pkg-config --cflags --libs p11cert) -o tokens && ./tokens /usr/lib/softhsm/libsofthsm2.so
#include <p11cert/list.h>

#include <iostream>
#include <memory>

int main(int argc, char **argv)
{
    pc_token_access access = {};
    pc_tokens_result *found = nullptr;
    pc_error err = {};

    access.module = argc > 1 ? argv[1] : nullptr; // nullptr: every module that p11-kit knows
    if (pc_tokens_run(&access, &found, &err) != PC_OK) {
        std::cerr << err.frames[0] << '\n' << err.hint << '\n';
        return pc_status_exit_code(err.status);
    }
    const std::unique_ptr<pc_tokens_result, decltype(&pc_tokens_result_free)> result(found, pc_tokens_result_free);

    for (size_t i = 0; i < result->module_count; i++) {
        const pc_listed_module &module = result->modules[i];

        std::cout << module.module << ": " << (module.problem ? module.problem : "ok") << '\n';
        for (size_t j = 0; j < module.token_count; j++) {
            std::cout << "  " << module.uris[j] << '\n';
        }
    }
    return 0;
}
