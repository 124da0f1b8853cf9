// What most tests include.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "cmake/precompiled/standard.h"
