-- Health of LegacySource, AssetMapping and TwinModel, from their conditions (docs/conditions.md); one text for all.
-- Argo CD takes Degraded for a failed sync, and everything but Healthy holds the next wave back.
--
-- Only the roll-out counts: Accepted, Resolved and Available. Connected, Fresh and ObjectivesMet tell of the plant, and
-- a turbine in maintenance must not stop a sync. Suspended is never returned, because it would hold the wave back until
-- somebody resumed the source.

-- Reasons of Available that pass by themselves. Not NodeLost: the operator waits five minutes before it says so.
local transient = { Starting = true, RollingOut = true, WaitingForEndpoint = true }

local status = obj.status or {}

-- A condition of an older generation is about another specification.
local function is_current(observed)
  return observed ~= nil and observed >= obj.metadata.generation
end

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  if is_current(condition.observedGeneration or status.observedGeneration) then
    conditions[condition.type] = condition
  end
end

local function is_false(condition)
  return condition ~= nil and condition.status == "False"
end

local function says(health, condition)
  return { status = health, message = condition.reason .. ": " .. (condition.message or "") }
end

local accepted, resolved, available = conditions.Accepted, conditions.Resolved, conditions.Available
local ready = conditions.Ready

if accepted ~= nil and accepted.reason == "OtherSite" then
  return says("Healthy", accepted)
end
if not is_current(status.observedGeneration) or ready == nil then
  return { status = "Progressing", message = "The operator has not looked at this version yet." }
end
if is_false(accepted) then
  return says("Degraded", accepted)
end
if is_false(resolved) then
  return says("Degraded", resolved)
end
if is_false(available) and not transient[available.reason] then
  return says("Degraded", available)
end
if ready.status ~= "True" then
  return says("Progressing", ready)
end
if obj.spec.suspend then
  return { status = "Healthy", message = "Suspended: spec.suspend is true and nothing is read." }
end
return says("Healthy", ready)
