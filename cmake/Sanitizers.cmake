# FRESHREAD_SANITIZE: what -fsanitize= is given (address, undefined, thread; address,undefined together), or empty. Applied to
# everything, so that the driver and the programs that load it agree.
set(FRESHREAD_SANITIZE "" CACHE STRING "address, undefined, thread, address,undefined or empty")
if(FRESHREAD_SANITIZE)
    # -g1: lines for the reports, and two thirds of the time that -g takes to compile.
    add_compile_options(-fsanitize=${FRESHREAD_SANITIZE} -fno-omit-frame-pointer -g1)
    # With -O1 AddressSanitizer takes twice as long to compile as without, ThreadSanitizer as long.
    if(FRESHREAD_SANITIZE STREQUAL "thread")
        # GCC 12 warns of std::string's own code when it has rewritten it.
        add_compile_options(-O1 -Wno-array-bounds -Wno-stringop-overflow -Wno-restrict)
    else()
        add_compile_options(-O0)
    endif()
    add_link_options(-fsanitize=${FRESHREAD_SANITIZE})
    if(FRESHREAD_SANITIZE MATCHES "undefined")
        # Otherwise what it finds is printed, and the test passes.
        add_compile_options(-fno-sanitize-recover=undefined)
        add_link_options(-fno-sanitize-recover=undefined)
    endif()
endif()
