# FRESHREAD_SANITIZE: address, undefined, thread or empty. Applied to everything, so that the driver and the
# programs that load it agree.
set(FRESHREAD_SANITIZE "" CACHE STRING "address, undefined, thread or empty")
if(FRESHREAD_SANITIZE)
    add_compile_options(-fsanitize=${FRESHREAD_SANITIZE} -fno-omit-frame-pointer -g -O1)
    add_link_options(-fsanitize=${FRESHREAD_SANITIZE})
    if(FRESHREAD_SANITIZE STREQUAL "undefined")
        add_compile_options(-fno-sanitize-recover=all)
        add_link_options(-fno-sanitize-recover=all)
    endif()
endif()
