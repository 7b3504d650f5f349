"""What the worker asks of Redis: to write where no newer owner did, at the primary."""

from collections.abc import Sequence

from redis.exceptions import ReadOnlyError

from metrics.redis import connect, obey_cancel
from streams.settings import Settings

# KEYS: the fence, then the keys to set. ARGV: generation, sequence, the sequence written before by
# the same owner, seconds that the fence lives, the channel, then a value and its seconds to live
# for each key to set. Answers REFUSED, WRITTEN or FRESH; raises NoPermissionError before it writes
# anything, where the server is new enough to ask.
WRITE = """
local needed = {
  {'HMGET', KEYS[1], 'sequence'}, {'HSET', KEYS[1], 'sequence', 1}, {'EXPIRE', KEYS[1], 1},
  {'SET', KEYS[2], ''}, {'PUBLISH', ARGV[5], ''},
}
for _, command in ipairs(redis.acl_check_cmd and needed or {}) do
  if not redis.acl_check_cmd(unpack(command)) then
    return redis.error_reply('NOPERM no right to ' .. command[1] .. ' ' .. command[2])
  end
end
local generation, sequence = tonumber(ARGV[1]), tonumber(ARGV[2])
local last = redis.call('HMGET', KEYS[1], 'generation', 'sequence')
if last[1] then
  local theirs = tonumber(last[1])
  if theirs > generation or (theirs == generation and tonumber(last[2]) > sequence) then
    return 0
  end
end
redis.call('HSET', KEYS[1], 'generation', generation, 'sequence', sequence)
redis.call('EXPIRE', KEYS[1], ARGV[4])
local changed = {}
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], ARGV[2 * i + 2], 'EX', ARGV[2 * i + 3])
  changed[#changed + 1] = KEYS[i]
end
redis.call('PUBLISH', ARGV[5], table.concat(changed, ' '))
return last[1] == ARGV[1] and last[2] == ARGV[3] and 1 or 2
"""
REFUSED = 0  # a newer version was written by another owner
WRITTEN = 1
FRESH = 2  # written, but what this owner had written before was not there: others may lack too


class NotPrimaryError(ReadOnlyError):
    """The server behind the name is a replica."""


class RedisClient:
    """A connection to the primary, or to a cluster's.

    Every call raises FAILURES, and the first ValueError for a bad URL.
    """

    def __init__(self, settings: Settings) -> None:
        self._is_cluster = settings.redis_cluster
        self._client = connect(
            settings.redis_url, settings.redis_password, is_cluster=settings.redis_cluster
        )
        self._write = self._client.register_script(WRITE)
        self.where = settings.redis_url.rpartition("@")[2].partition("?")[0]

    async def follow_the_name(self) -> None:
        """Connect anew, to the server that the name leads to now; raises NotPrimaryError.

        In a cluster the nodes themselves say where the primary is.

        After a failover the old server may go on answering on the old connection: as a replica
        that takes writes and loses them, or as a second primary that nobody reads.
        """
        if self._is_cluster:
            return
        await self.close()
        answer = await self._client.execute_command("HELLO")
        if isinstance(answer, list):  # by the protocol of before, with ?protocol=2
            answer = dict(zip(answer[::2], answer[1::2], strict=True))
        if answer[b"role"] != b"master":
            raise NotPrimaryError(f"its role is {answer[b'role'].decode()}")

    async def write(self, keys: Sequence[str], args: Sequence[bytes | str | int]) -> int:
        """Run WRITE."""
        return int(await self._write(keys=keys, args=args))

    async def set(self, key: str, value: bytes, lives: int) -> None:
        """Set a key for so many seconds."""
        await self._client.set(key, value, ex=lives)

    async def count(self, keys: Sequence[str]) -> int:
        """How many of these keys there are."""
        return int(await self._client.exists(*keys))

    async def close(self) -> None:
        """Close all connections; the next call makes new ones."""
        await self._client.aclose()
        obey_cancel()
