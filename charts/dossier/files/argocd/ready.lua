-- For kinds whose condition Ready says whether Reports can use them. What is missing may come: the operator looks again.
local status = obj.status or {}
if status.observedGeneration == obj.metadata.generation then
  for _, condition in ipairs(status.conditions or {}) do
    if condition.type == "Ready" then
      local message = condition.reason .. ": " .. condition.message
      if condition.status == "True" then
        return { status = "Healthy", message = message }
      end
      return { status = "Degraded", message = message }
    end
  end
end
return { status = "Progressing", message = "waits for the operator" }
