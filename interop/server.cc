/*
 * interop_server [HOST:PORT]: mls/ as the working group's interop runner drives it, by its gRPC
 * service MLSClient. For tests only: it keeps secrets of everybody it plays and gives them out.
 */
#include "actions.h"
#include "mls_client.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <mutex>

void actions::Name(Parties &, const rpc::NameRequest &, rpc::NameResponse *out)
{
	out->set_name(std::string("groupbench mls ") + mls_version());
}

void actions::SupportedCiphersuites(Parties &, const rpc::SupportedCiphersuitesRequest &,
				    rpc::SupportedCiphersuitesResponse *out)
{
	for (uint32_t suite = MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
	     suite <= MLS_256_DHKEMP384_AES256GCM_SHA384_P384; suite++)
		out->add_ciphersuites(suite);
}

/* Each call under one lock: gRPC answers in threads of its own. */
class Service final : public rpc::MLSClient::Service
{
	std::mutex lock;
	Parties parties;

	template <typename Request, typename Response>
	grpc::Status answer(void (*action)(Parties &, const Request &, Response *),
			    const Request *in, Response *out)
	{
		const std::lock_guard<std::mutex> hold(lock);

		try {
			action(parties, *in, out);
			return grpc::Status::OK;
		} catch (const Refused &refused) {
			return grpc::Status(grpc::ABORTED, refused.why);
		}
	}

#define X(name, request, response)                                                                 \
	grpc::Status name(grpc::ServerContext *, const rpc::request *in, rpc::response *out)       \
		override                                                                           \
	{                                                                                          \
		return answer(actions::name, in, out);                                             \
	}
#include "rpcs.def"
#undef X
};

int main(int argc, char **argv)
{
	const std::string address = argc > 1 ? argv[1] : "127.0.0.1:50001";
	grpc::ServerBuilder builder;
	Service service;
	int port = 0;

	builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
	builder.RegisterService(&service);

	const auto server = builder.BuildAndStart();

	if (!server || port == 0) {
		fprintf(stderr, "interop_server: cannot listen on %s\n", address.c_str());
		return 1;
	}
	printf("port %d\n", port);
	fflush(stdout);
	server->Wait();
}
