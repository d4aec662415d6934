#include "tools/report/page/schema.h"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "data/base/embedded_text.h"
#include "data/base/error.h"

namespace tri {

EMBEDDED_TEXT(result_schema, tools_report_result_schema_json)
EMBEDDED_TEXT(run_schema, tools_report_run_schema_json)
EMBEDDED_TEXT(finetuning_schema, tools_report_finetuning_schema_json)

void require_schema(const Json& json, std::string_view schema, const std::filesystem::path& file) {
  using Adapter = valijson::adapters::NlohmannJsonAdapter;
  const nlohmann::json described = nlohmann::json::parse(schema), checked = json;
  valijson::Schema parsed;
  valijson::SchemaParser().populateSchema(Adapter(described), parsed);
  valijson::ValidationResults results;
  if (valijson::Validator().validate(parsed, Adapter(checked), &results)) return;
  // The innermost reason comes first.
  valijson::ValidationResults::Error error;
  results.popError(error);
  std::string place;  // "[selected][layers][1]", without the root
  for (size_t i = 1; i < error.context.size(); ++i) place += error.context[i];
  throw Error(file.string() + ": is not as its schema says, at " +
              (place.empty() ? "the whole" : place) + ": " + error.description);
}

}  // namespace tri
