"""
A client whose every collection has two objects with whatever is asked of them, so that a report's function runs to its end without Connect.

Whatever chain of namespaces, collections and filters a function goes through ends in those two objects; a field of theirs is again such a value, and as a text it is a time
in the way Connect writes it. What functions do with numbers or look up by an id is therefore not shown: that takes a key and Connect itself.
"""

from .rql import R

__all__ = ['AsyncConnectClient', 'ClientError', 'ConnectClient', 'R']

OBJECTS = 2


class ClientError(Exception):
    status_code = 404


class Value(str):
    """Text, number of fields and list at once, as deep as anybody looks."""

    def __new__(cls):
        return super().__new__(cls, '2026-10-01T08:30:00+00:00')

    def __getitem__(self, key):
        return super().__getitem__(key) if isinstance(key, (int, slice)) else Value()

    def __contains__(self, _key):
        return True

    def __iter__(self):
        return iter([Value()])

    def __int__(self):
        return 1

    def __index__(self):
        return 1

    def __float__(self):
        return 1.0

    def get(self, _key, _default=None):
        return Value()

    def items(self):
        return [('field', Value())]


class Collection:
    """Any namespace, collection, resource or set of what was found."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return Collection()

    def __call__(self, *_arguments, **_named):
        return Collection()

    def __getitem__(self, key):
        return [Value() for _ in range(OBJECTS)][key] if isinstance(key, slice) or type(key) is int else type(self)()

    def __iter__(self):
        return iter([Value() for _ in range(OBJECTS)])

    def __len__(self):
        return OBJECTS

    def count(self):
        return OBJECTS

    def first(self):
        return Value()

    def get(self, *_arguments, **_named):
        return Value()

    def values_list(self, *_fields):
        return self


class ConnectClient(Collection):
    endpoint = 'https://connect.example.com/public/v1'

    def __init__(self, **_settings):
        pass


class AsyncValue(Value):
    """What an asynchronous client answers with, awaited or not."""

    def __await__(self):
        return Value()
        yield


class AsyncNumber(int):
    def __await__(self):
        return int(self)
        yield


class AsyncCollection(Collection):
    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return AsyncCollection()

    def __call__(self, *_arguments, **_named):
        return AsyncCollection()

    async def __aiter__(self):
        for _ in range(OBJECTS):
            yield Value()

    def count(self):
        return AsyncNumber(OBJECTS)

    def first(self):
        return AsyncValue()

    def get(self, *_arguments, **_named):
        return AsyncValue()


class AsyncConnectClient(AsyncCollection):
    endpoint = ConnectClient.endpoint

    def __init__(self, **_settings):
        pass
