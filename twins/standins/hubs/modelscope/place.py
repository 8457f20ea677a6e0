"""The names and keys of ModelScope."""

from __future__ import annotations

from twins.standins.hubs.place import Key, Place

PLACE = Place(
    hub="modelscope",
    hosts=("modelscope.cn", "www.modelscope.cn"),
    endpoints=("modelscope",),
    store="cdn-lfs-cn-1.modelscope.cn",
    store_prefix="/prod/lfs-objects/",
    keys=(Key("modelscope", "ms-", "MODELSCOPE_API_TOKEN"),),
    version="master",
)
