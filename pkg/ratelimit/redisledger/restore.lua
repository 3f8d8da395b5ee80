-- Hears what a process knows of a scope: of what is there already the larger counts, what it spent alone is added.
-- KEYS: the scope's hash, the set of the connection's scopes, the connection's life.
-- ARGV: scope, keep (ms), the account's moment (us), clocks that differ by less are the same one (us), cool, pace,
--       paced, slots, holders, then per budget: name, units, per (us), burst, what is known, what was spent alone.
-- Reply: life, now (us).
local forgotten = not life[1]
alive()
if forgotten then redis.call('HSET', LIFE, 'recover', int(now + @RECOVER@)) end
local shift = now - tonumber(ARGV[3])
if math.abs(shift) < tonumber(ARGV[4]) then shift = 0 end
local state = redis.call('HMGET', KEYS[1], 'cool', 'pace', 'paced', 'slots', 'holders')

local cool = tonumber(ARGV[5])
if cool > 0 then cool = cool + shift end
if not state[2] or cool > tonumber(state[1] or 0) then
  redis.call('HSET', KEYS[1], 'cool', int(math.max(cool, tonumber(state[1] or 0))),
    'pace', int(math.min(tonumber(ARGV[6]), tonumber(state[2] or 100))), 'paced', int(math.max(math.min(tonumber(ARGV[7]) + shift, math.max(now, cool)), 0)))
end
if ARGV[8] ~= '0' then redis.call('HSET', KEYS[1], 'slots', ARGV[8]) end

local there, holders = {}, state[5] or ''
for name in string.gmatch(holders, '([^ =]+)=') do there[name] = true end
for name, n, till, prio in string.gmatch(ARGV[9], '([^ =]+)=(%d+):(%d+):(%d+)') do
  till = tonumber(till) + shift
  if till > now and not there[name] then
    holders = holders .. ' ' .. name .. '=' .. n .. ':' .. int(till) .. ':' .. prio
  end
end
redis.call('HSET', KEYS[1], 'holders', holders)

for at = 10, #ARGV, 6 do
  local budget, units, per, burst = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  redis.call('HSETNX', KEYS[1], 'l:' .. budget, int(units) .. ':' .. int(per) .. ':' .. int(burst))
  if burst > 0 then
    local arrival = tonumber(redis.call('HGET', KEYS[1], 'g:' .. budget) or 0)
    if ARGV[at + 4] ~= '' then arrival = math.max(arrival, tonumber(ARGV[at + 4]) + shift) end
    local alone = tonumber(ARGV[at + 5])
    if alone > 0 then arrival = math.max(arrival, now) + math.floor((alone * per + units - 1) / units) end
    redis.call('HSET', KEYS[1], 'g:' .. budget, int(arrival))
  else
    local width = math.floor((per + 39) / 40)
    local current, parts, order = math.floor(now / width), {}, {}
    local function part(index)
      index = math.min(index, current)
      if not parts[index] then parts[index] = 0; order[#order + 1] = index end
      return index
    end
    for index, n in string.gmatch(redis.call('HGET', KEYS[1], 'w:' .. budget) or '', '(%d+):(%d+)') do
      index = part(tonumber(index))
      parts[index] = parts[index] + tonumber(n)
    end
    local move, known = math.ceil(shift / width), {}
    for index, n in string.gmatch(ARGV[at + 4], '(%d+):(%d+)') do
      index = math.min(tonumber(index) + move, current)
      known[index] = (known[index] or 0) + tonumber(n)
    end
    for index, n in pairs(known) do
      part(index)
      parts[index] = math.max(parts[index], n)
    end
    for index, n in string.gmatch(ARGV[at + 5], '(%d+):(%d+)') do
      index = part(tonumber(index) + move)
      parts[index] = parts[index] + tonumber(n)
    end
    table.sort(order)
    local text = {}
    for _, index in ipairs(order) do
      if past(index, width, per) > now then text[#text + 1] = int(index) .. ':' .. int(parts[index]) end
    end
    redis.call('HSET', KEYS[1], 'w:' .. budget, table.concat(text, ' '))
  end
end
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return {life[1], int(now)}
