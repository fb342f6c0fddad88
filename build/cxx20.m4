# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_CXX20: puts the compiler into C++20; the compiler and its library must have what we use.
AC_DEFUN([WEBSOCKET_CXX20], [
  AC_LANG_ASSERT([C++])
  AC_CACHE_CHECK([for the option that makes $CXX speak C++20], [websocket_cv_cxx20], [
    websocket_cv_cxx20=no
    websocket_save_CXX=$CXX
    for websocket_option in '' -std=c++20 -std=c++2a; do
      CXX="$websocket_save_CXX $websocket_option"
      AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
        #if __cplusplus < 202002L
        #error "not C++20"
        #endif
        #include <bit>
        #include <concepts>
        #include <cstddef>
        #include <span>
        #include <string_view>
        template <std::unsigned_integral T> constexpr int width(T value) { return std::bit_width(value); }
        struct Point { int x; int y; auto operator<=>(const Point&) const = default; };
      ]], [[
        static_assert(width(4u) == 3);
        std::byte bytes[2]{};
        return Point{.x = 1, .y = 2} > Point{.x = 1, .y = 3} || std::span<const std::byte>{bytes}.empty()
            || std::string_view{"ab"}.starts_with('b');
      ]])], [websocket_cv_cxx20=${websocket_option:-none}])
      test "x$websocket_cv_cxx20" = xno || break
    done
    CXX=$websocket_save_CXX])
  AS_CASE([$websocket_cv_cxx20],
    [no], [AC_MSG_ERROR([$CXX does not speak C++20: g++ >= 12 or clang >= 14 is needed (Debian: apt-get install g++)])],
    [none], [],
    [CXX="$CXX $websocket_cv_cxx20"])
])
