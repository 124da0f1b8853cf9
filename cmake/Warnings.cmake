# Warnings are errors, in every target that links freshread_warnings.
add_library(freshread_warnings INTERFACE)
target_compile_options(freshread_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wundef -Werror)
# With a sanitizer's checks in the code GCC 12 reports it inside the standard library.
if(NOT FRESHREAD_SANITIZE)
    target_compile_options(freshread_warnings INTERFACE -Wnull-dereference)
endif()
