# freshread_add_cluster_test(NAME name COMMAND command [args...] [REPLICAS n] [DELAY duration] [LABELS labels...]
#                            [SETTINGS name=value...] [TIMEOUT seconds] [COST seconds] [CLIENT] [MARIADB])
#
# A ctest test whose command runs inside `tests/cluster/cluster run`: a PostgreSQL (MARIADB: MariaDB) leader and n
# replicas (1) of its own, ODBC configured for them, and nothing of them left afterwards. SETTINGS are the servers',
# on every node. COST: about how long it takes (10); those that take longest begin first, so that no processor waits for one at the end.
#
# Programs that were not built here (isql, python3) can load a driver built with a sanitizer only when the
# sanitizer's runtime is preloaded. CLIENT says that the command itself is such a program. Any other command finds
# what to preload in FRESHREAD_CLIENT_PRELOAD (empty when nothing) and does it for such programs alone, as the
# Python function cluster.client_environment() does.
set(FRESHREAD_CLIENT_PRELOAD "")
if(FRESHREAD_SANITIZE MATCHES "^(address|thread)")
    string(SUBSTRING ${FRESHREAD_SANITIZE} 0 1 initial)
    # The runtime looks for __cxa_throw when it starts, and programs in C bring none: hence libstdc++.
    foreach(library lib${initial}san.so libstdc++.so.6)
        execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${library}
                        OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
        list(APPEND FRESHREAD_CLIENT_PRELOAD ${path})
    endforeach()
    list(JOIN FRESHREAD_CLIENT_PRELOAD ":" FRESHREAD_CLIENT_PRELOAD)
endif()

function(freshread_add_cluster_test)
    cmake_parse_arguments(PARSE_ARGV 0 arg "CLIENT;MARIADB" "NAME;REPLICAS;DELAY;TIMEOUT;COST" "COMMAND;LABELS;SETTINGS")
    if(NOT arg_NAME OR NOT arg_COMMAND OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "freshread_add_cluster_test: NAME and COMMAND are needed; "
                            "not understood: '${arg_UNPARSED_ARGUMENTS}'")
    endif()
    if(NOT arg_REPLICAS)
        set(arg_REPLICAS 1)
    endif()
    if(NOT arg_DELAY)
        set(arg_DELAY 0)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    if(NOT arg_COST)
        set(arg_COST 10)
    endif()
    set(settings "")
    foreach(setting IN LISTS arg_SETTINGS)
        list(APPEND settings --set ${setting})
    endforeach()
    if(arg_MARIADB)
        list(APPEND settings --mariadb)
    endif()
    set(client "")
    if(arg_CLIENT AND FRESHREAD_CLIENT_PRELOAD)
        set(client env LD_PRELOAD=${FRESHREAD_CLIENT_PRELOAD} ASAN_OPTIONS=detect_leaks=0)
    endif()
    add_test(NAME ${arg_NAME}
             COMMAND ${PROJECT_SOURCE_DIR}/tests/cluster/cluster run
                     --replicas ${arg_REPLICAS} --delay ${arg_DELAY} --driver $<TARGET_FILE:freshread_odbc>
                     ${settings} -- ${client} ${arg_COMMAND}
             COMMAND_EXPAND_LISTS)
    set_tests_properties(${arg_NAME} PROPERTIES
        LABELS "${arg_LABELS}"
        TIMEOUT ${arg_TIMEOUT}
        COST ${arg_COST}
        ENVIRONMENT "FRESHREAD_CLIENT_PRELOAD=${FRESHREAD_CLIENT_PRELOAD};PYTHONDONTWRITEBYTECODE=1")
endfunction()
