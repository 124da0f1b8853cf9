# Warnings are errors, in every target that links freshread_warnings.
add_library(freshread_warnings INTERFACE)
target_compile_options(freshread_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wundef -Wnull-dereference -Werror)
