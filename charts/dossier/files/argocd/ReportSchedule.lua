-- A run that failed does not make the schedule unhealthy: the next one may succeed, and an alert tells of it. The message does, too.
local status = obj.status or {}
if status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "waits for the operator" }
end
local health = { status = "Progressing", message = "waits for the operator" }
local lastRun = ""
for _, condition in ipairs(status.conditions) do
  if condition.type == "Ready" then
    health.message = condition.reason .. ": " .. condition.message
    if condition.status ~= "True" then
      health.status = "Degraded"
    elseif condition.reason == "Suspended" then
      health.status = "Suspended"
    else
      health.status = "Healthy"
    end
  elseif condition.type == "LastRunSucceeded" and condition.status == "False" then
    lastRun = "; last run: " .. condition.reason .. ": " .. condition.message
  end
end
health.message = health.message .. lastRun
return health
