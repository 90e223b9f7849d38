#ifndef STRIDE_H
#define STRIDE_H
#include <stddef.h>

/*
 * How many points a test goes on by that walks over all of something: each allocation, cut, bit,
 * size, seed or vector. By one, which leaves out none. But `make valgrind` says by GB_MEMCHECK=1
 * that a program runs some fifty times as slowly: there by `wide`, which is chosen so that the
 * program takes a few minutes and still meets every kind of point. What is asserted at each of
 * them is the same.
 */
size_t test_stride(size_t wide);
#endif
