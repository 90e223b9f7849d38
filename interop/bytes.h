#ifndef INTEROP_BYTES_H
#define INTEROP_BYTES_H
#include "mls_client.pb.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <string>

/* The service is in a namespace that is called as a struct of mls.h is, so mls.h gets one. */
namespace mls
{
#include <mls.h>
}
namespace rpc = ::mls_client;
using namespace mls;

/* Bytes between protobuf's strings and mls.h, and errors as exceptions. */

/* Why a request cannot be answered. */
struct Refused {
	std::string why;
};

/* Throws Refused for every error. */
void ok(enum mls_err err);

/* A buffer that ends itself. */
struct Buffer {
	struct mls_buf buf = {};

	Buffer() = default;
	Buffer(const Buffer &) = delete;
	Buffer &operator=(const Buffer &) = delete;
	~Buffer()
	{
		mls_buf_free(&buf);
	}
};

inline struct mls_slice slice(const std::string &s)
{
	return {reinterpret_cast<const uint8_t *>(s.data()), s.size()};
}

inline struct mls_slice slice(const Buffer &b)
{
	return {b.buf.p, b.buf.len};
}

inline std::string text(struct mls_slice s)
{
	return std::string(reinterpret_cast<const char *>(s.p), s.len);
}

inline std::string text(const Buffer &b)
{
	return text(slice(b));
}

/* A cipher suite or extension type: protobuf has no 16-bit numbers. */
uint16_t code_point(uint32_t number);
#endif
