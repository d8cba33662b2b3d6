/* The filtering platform's half of setup's table: all of it in one transaction, and read back by enumeration. */
#include <initguid.h>

#include "backend/windows/setup_host.h"

#include <fwpmu.h>
#include <sddl.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"

/* What mingw-w64 10's headers lack; values from the Windows SDK's documentation. */
DEFINE_GUID(LAYER_CONNECT_4, 0xc38d57d1, 0x05a7, 0x4c33, 0x90, 0x4f, 0x7f, 0xbc, 0xee, 0xe6, 0x0e, 0x82);
DEFINE_GUID(LAYER_CONNECT_6, 0x4a72393b, 0x319f, 0x44bc, 0x84, 0xc3, 0xba, 0x54, 0xdc, 0xb3, 0xb6, 0xb4);
DEFINE_GUID(LAYER_ACCEPT_4, 0xe1cd9fe7, 0xf4b5, 0x4273, 0x96, 0xc0, 0x59, 0x2e, 0x48, 0x7b, 0x86, 0x50);
DEFINE_GUID(LAYER_ACCEPT_6, 0xa3b42c97, 0x9f04, 0x4672, 0xb8, 0x7e, 0xce, 0xe9, 0xc4, 0x83, 0x25, 0x7f);
DEFINE_GUID(LAYER_LISTEN_4, 0x88bb5dad, 0x76d7, 0x4227, 0x9c, 0x71, 0xdf, 0x0a, 0x3e, 0xd7, 0xbe, 0x7e);
DEFINE_GUID(LAYER_LISTEN_6, 0x7ac9de24, 0x17dd, 0x4814, 0xb4, 0xbd, 0xa9, 0xfb, 0xc9, 0x5a, 0x32, 0x1b);
DEFINE_GUID(LAYER_ASSIGN_4, 0x1247d66d, 0x0b60, 0x4a15, 0x8d, 0x44, 0x71, 0x55, 0xd0, 0xf5, 0x3a, 0x0c);
DEFINE_GUID(LAYER_ASSIGN_6, 0x55a650e1, 0x5f0a, 0x4eca, 0xa6, 0x53, 0x88, 0xf5, 0x3b, 0x26, 0xaa, 0x8c);
DEFINE_GUID(FIELD_USER, 0xaf043a0a, 0xb34d, 0x4f86, 0x97, 0x9c, 0xc9, 0x03, 0x71, 0xaf, 0x6e, 0x66);
DEFINE_GUID(FIELD_PROTOCOL, 0x3971ef2b, 0x623e, 0x4f9a, 0x8c, 0xb1, 0x6e, 0x79, 0xb8, 0x06, 0xb9, 0xa7);
DEFINE_GUID(FIELD_REMOTE_ADDRESS, 0xb235ae9a, 0x1d64, 0x49b8, 0xa4, 0x4c, 0x5f, 0xf3, 0xd9, 0x09, 0x50, 0x45);
DEFINE_GUID(FIELD_REMOTE_PORT, 0xc35a604d, 0xd22b, 0x4e1a, 0x91, 0xb4, 0x68, 0xf6, 0x74, 0xee, 0x67, 0x4b);

enum {
	PERSISTS = 0x1,     /* FWPM_FILTER_FLAG_PERSISTENT, and of providers and sublayers */
	AT_BOOT = 0x2,      /* FWPM_FILTER_FLAG_BOOTTIME; not together with the one above */
	NO_VETO = 0x8,      /* FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT: nobody's permit outweighs it */
	IS_DISABLED = 0x20, /* FWPM_FILTER_FLAG_DISABLED */
	WEIGHT_BLOCK = 1,
	WEIGHT_PERMIT = 8,
	SUBLAYER_WEIGHT = 0xffff,
	TCP = 6,
	LOOPBACK = 0x7f000001,
	WAIT_MS = 15000,
	PAGE = 64,
};

static const GUID *const layers[SETUP_LAYER_COUNT][2] = {
	[SETUP_CONNECT] = { &LAYER_CONNECT_4, &LAYER_CONNECT_6 },
	[SETUP_ACCEPT] = { &LAYER_ACCEPT_4, &LAYER_ACCEPT_6 },
	[SETUP_LISTEN] = { &LAYER_LISTEN_4, &LAYER_LISTEN_6 },
	[SETUP_ASSIGN] = { &LAYER_ASSIGN_4, &LAYER_ASSIGN_6 },
};

static WCHAR our_name[] = L"cordon", our_words[] = L"what the accounts of 'cordon setup' may not do on the network";
/* A provider without a service of its own that starts by itself may find its filters disabled; the filtering service is
 * one whenever there is filtering.
 */
static WCHAR service[] = L"BFE";

static GUID make_guid(const uint8_t key[16])
{
	GUID guid;
	memcpy(&guid, key, sizeof guid);
	return guid;
}

static void close_engine(HANDLE *engine)
{
	if (*engine)
		FwpmEngineClose0(*engine);
}

static bool fail(struct cordon_error *err, DWORD code, const char *api)
{
	return windows_fail(err, code, api, "cordon's network filters (service 'Base Filtering Engine')");
}

static bool open_engine(HANDLE *ret_engine, struct cordon_error *err)
{
	FWPM_SESSION0 session = { .displayData = { our_name, our_words }, .txnWaitTimeoutInMSec = WAIT_MS };
	DWORD code = FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, ret_engine);
	if (code != ERROR_SUCCESS)
		*ret_engine = NULL;
	return code == ERROR_SUCCESS || fail(err, code, "FwpmEngineOpen");
}

/* -- what there is ------------------------------------------------------------------------------------------------- */

struct keys {
	struct {
		GUID key;
		bool is_disabled;
	} items[SETUP_FILTERS_MAX];
	size_t count;
};

static void free_keys(struct keys **holder)
{
	free(*holder);
}

static bool list_layer(HANDLE engine, GUID provider, const GUID *layer, struct keys *keys, struct cordon_error *err)
{
	FWPM_FILTER_ENUM_TEMPLATE0 wanted = {
		.providerKey = &provider,
		.layerKey = *layer,
		.enumType = FWP_FILTER_ENUM_OVERLAPPING,
		.flags = FWP_FILTER_ENUM_FLAG_INCLUDE_BOOTTIME | FWP_FILTER_ENUM_FLAG_INCLUDE_DISABLED,
		.actionMask = 0xffffffff,
	};
	HANDLE list;
	DWORD code = FwpmFilterCreateEnumHandle0(engine, &wanted, &list);
	if (code != ERROR_SUCCESS)
		return fail(err, code, "FwpmFilterCreateEnumHandle");
	UINT32 count = PAGE;
	while (code == ERROR_SUCCESS && count == PAGE) {
		FWPM_FILTER0 **found = NULL;
		code = FwpmFilterEnum0(engine, list, PAGE, &found, &count);
		for (UINT32 i = 0; code == ERROR_SUCCESS && i < count && keys->count < SETUP_FILTERS_MAX; i++) {
			keys->items[keys->count].key = found[i]->filterKey;
			keys->items[keys->count++].is_disabled = found[i]->flags & IS_DISABLED;
		}
		if (found)
			FwpmFreeMemory0((void **)&found);
	}
	FwpmFilterDestroyEnumHandle0(engine, list);
	return code == ERROR_SUCCESS || fail(err, code, "FwpmFilterEnum");
}

static bool list_filters(HANDLE engine, GUID provider, struct keys **ret_keys, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_keys) struct keys *keys = calloc(1, sizeof *keys);
	if (!keys)
		return cordon_fail_memory(err);
	for (int layer = 0; layer < SETUP_LAYER_COUNT; layer++)
		for (int family = 0; family < 2; family++)
			if (!list_layer(engine, provider, layers[layer][family], keys, err))
				return false;
	*ret_keys = cordon_take(&keys);
	return true;
}

static bool has_provider(HANDLE engine, GUID key, bool *ret_has, struct cordon_error *err)
{
	FWPM_PROVIDER0 *found = NULL;
	DWORD code = FwpmProviderGetByKey0(engine, &key, &found);
	if (found)
		FwpmFreeMemory0((void **)&found);
	*ret_has = code == ERROR_SUCCESS;
	return *ret_has || code == (DWORD)FWP_E_PROVIDER_NOT_FOUND || fail(err, code, "FwpmProviderGetByKey");
}

static bool has_sublayer(HANDLE engine, GUID key, bool *ret_has, struct cordon_error *err)
{
	FWPM_SUBLAYER0 *found = NULL;
	DWORD code = FwpmSubLayerGetByKey0(engine, &key, &found);
	if (found)
		FwpmFreeMemory0((void **)&found);
	*ret_has = code == ERROR_SUCCESS;
	return *ret_has || code == (DWORD)FWP_E_SUBLAYER_NOT_FOUND || fail(err, code, "FwpmSubLayerGetByKey");
}

static bool is_among(const struct keys *keys, const uint8_t key[16])
{
	for (size_t i = 0; i < keys->count; i++)
		if (memcmp(&keys->items[i].key, key, sizeof(GUID)) == 0)
			return !keys->items[i].is_disabled;
	return false;
}

bool setup_look_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			const struct setup_filter *filters, size_t count, enum setup_standing *ret_standing,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(close_engine) HANDLE engine = NULL;
	CORDON_ON_EXIT(free_keys) struct keys *keys = NULL;
	bool has_one, has_other;
	(void)host;
	if (!open_engine(&engine, err) || !has_provider(engine, make_guid(provider), &has_one, err) ||
	    !has_sublayer(engine, make_guid(sublayer), &has_other, err))
		return false;
	if (!has_one) {
		*ret_standing = has_other ? SETUP_PART : SETUP_ABSENT;
		return true;
	}
	if (!list_filters(engine, make_guid(provider), &keys, err))
		return false;
	*ret_standing = has_other && keys->count == count ? SETUP_PRESENT : SETUP_PART;
	for (size_t i = 0; i < count; i++)
		if (!is_among(keys, filters[i].key))
			*ret_standing = SETUP_PART;
	return true;
}

/* -- changing it --------------------------------------------------------------------------------------------------- */

static bool add_places(HANDLE engine, GUID provider_key, GUID sublayer_key, struct cordon_error *err)
{
	const FWPM_PROVIDER0 provider = { .providerKey = provider_key,
					  .displayData = { our_name, our_words },
					  .flags = PERSISTS,
					  .serviceName = service };
	const FWPM_SUBLAYER0 sublayer = { .subLayerKey = sublayer_key,
					  .displayData = { our_name, our_words },
					  .flags = PERSISTS,
					  .providerKey = &provider_key,
					  .weight = SUBLAYER_WEIGHT };
	DWORD code = FwpmProviderAdd0(engine, &provider, NULL);
	if (code != ERROR_SUCCESS)
		return fail(err, code, "FwpmProviderAdd");
	code = FwpmSubLayerAdd0(engine, &sublayer, NULL);
	return code == ERROR_SUCCESS || fail(err, code, "FwpmSubLayerAdd");
}

/* Whose token the descriptor grants the right to match. */
static bool describe_user(const char *sid, PSECURITY_DESCRIPTOR *ret_descriptor, ULONG *ret_length,
			  struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *words = text_format("O:LSD:(A;;CC;;;%s)", sid);
	if (!words)
		return cordon_fail_memory(err);
	return ConvertStringSecurityDescriptorToSecurityDescriptorA(words, SDDL_REVISION_1, ret_descriptor,
								    ret_length) ||
	       windows_fail(err, GetLastError(), "ConvertStringSecurityDescriptorToSecurityDescriptor",
			    "describe the account '%s'", sid);
}

static bool add_filter(HANDLE engine, GUID provider, GUID sublayer, const struct setup_filter *filter,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	ULONG length;
	if (!describe_user(filter->sid, &descriptor, &length, err))
		return false;
	FWP_BYTE_BLOB user = { length, descriptor };
	FWPM_FILTER_CONDITION0 conditions[] = {
		{ FIELD_USER, FWP_MATCH_EQUAL, { .type = FWP_SECURITY_DESCRIPTOR_TYPE, .sd = &user } },
		{ FIELD_PROTOCOL, FWP_MATCH_EQUAL, { .type = FWP_UINT8, .uint8 = TCP } },
		{ FIELD_REMOTE_ADDRESS, FWP_MATCH_EQUAL, { .type = FWP_UINT32, .uint32 = LOOPBACK } },
		{ FIELD_REMOTE_PORT, FWP_MATCH_EQUAL, { .type = FWP_UINT16, .uint16 = filter->port } },
	};
	const FWPM_FILTER0 made = {
		.filterKey = make_guid(filter->key),
		.displayData = { our_name, our_words },
		.flags = (filter->is_boot ? AT_BOOT : PERSISTS) | (filter->permits ? 0 : NO_VETO),
		.providerKey = &provider,
		.layerKey = *layers[filter->layer][filter->family == 6],
		.subLayerKey = sublayer,
		.weight = { .type = FWP_UINT8, .uint8 = filter->permits ? WEIGHT_PERMIT : WEIGHT_BLOCK },
		.numFilterConditions = !filter->permits                 ? 1
				       : filter->layer == SETUP_CONNECT ? 4
									: 2,
		.filterCondition = conditions,
		.action = { .type = filter->permits ? FWP_ACTION_PERMIT : FWP_ACTION_BLOCK },
	};
	DWORD code = FwpmFilterAdd0(engine, &made, NULL, NULL);
	return code == ERROR_SUCCESS || fail(err, code, "FwpmFilterAdd");
}

static bool drop_all(HANDLE engine, GUID provider, GUID sublayer, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_keys) struct keys *keys = NULL;
	bool has_one, has_other;
	DWORD code = ERROR_SUCCESS;
	if (!has_provider(engine, provider, &has_one, err) || !has_sublayer(engine, sublayer, &has_other, err) ||
	    (has_one && !list_filters(engine, provider, &keys, err)))
		return false;
	for (size_t i = 0; keys && i < keys->count && code == ERROR_SUCCESS; i++)
		code = FwpmFilterDeleteByKey0(engine, &keys->items[i].key);
	if (code != ERROR_SUCCESS)
		return fail(err, code, "FwpmFilterDeleteByKey");
	if (has_other)
		code = FwpmSubLayerDeleteByKey0(engine, &sublayer);
	if (code != ERROR_SUCCESS)
		return fail(err, code, "FwpmSubLayerDeleteByKey");
	if (has_one)
		code = FwpmProviderDeleteByKey0(engine, &provider);
	return code == ERROR_SUCCESS || fail(err, code, "FwpmProviderDeleteByKey");
}

static bool begin(HANDLE *ret_engine, struct cordon_error *err)
{
	if (!open_engine(ret_engine, err))
		return false;
	DWORD code = FwpmTransactionBegin0(*ret_engine, 0);
	return code == ERROR_SUCCESS || fail(err, code, "FwpmTransactionBegin");
}

/* A transaction that is not committed goes with its session. */
static bool commit(HANDLE engine, struct cordon_error *err)
{
	DWORD code = FwpmTransactionCommit0(engine);
	return code == ERROR_SUCCESS || fail(err, code, "FwpmTransactionCommit");
}

bool setup_put_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
		       const struct setup_filter *filters, size_t count, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_engine) HANDLE engine = NULL;
	GUID one = make_guid(provider), other = make_guid(sublayer);
	(void)host;
	if (!begin(&engine, err) || !drop_all(engine, one, other, err) || !add_places(engine, one, other, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_filter(engine, one, other, &filters[i], err))
			return false;
	return commit(engine, err);
}

bool setup_drop_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			struct cordon_error *err)
{
	CORDON_ON_EXIT(close_engine) HANDLE engine = NULL;
	(void)host;
	return begin(&engine, err) && drop_all(engine, make_guid(provider), make_guid(sublayer), err) &&
	       commit(engine, err);
}
