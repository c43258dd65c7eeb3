-- While it is looked up nothing has gone wrong; templates of the last good commit stay whatever does.
local status = obj.status or {}
if status.observedGeneration == obj.metadata.generation then
  for _, condition in ipairs(status.conditions or {}) do
    if condition.type == "Ready" then
      local message = condition.reason .. ": " .. condition.message
      if condition.status == "True" then
        return { status = "Healthy", message = message }
      end
      if status.phase == "Failed" then
        return { status = "Degraded", message = message }
      end
      return { status = "Progressing", message = message }
    end
  end
end
return { status = "Progressing", message = "waits for the operator" }
