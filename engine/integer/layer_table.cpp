#include "engine/integer/layer_table.h"

#include <algorithm>
#include <cctype>

namespace tri {
namespace {

std::string read_name(Reader& in) {
  const std::string name = in.text();
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '.';
  };
  if (name.empty() || !std::ranges::all_of(name, plain)) in.fail("has a row without a plain name");
  return name;
}

}  // namespace

void write_rows(Writer& out, const std::vector<Layer>& layers) {
  out.number(uint16_t(layers.size()));
  for (const Layer& l : layers) {
    out.number(uint8_t(l.kind)), out.number(uint8_t(l.activation));
    out.text(l.name);
    out.number(int32_t(l.out));
    for (const int value : {l.kernel, l.stride, l.pad}) out.number(uint16_t(value));
    out.number(l.rate);
    out.number(uint8_t(l.inputs.size()));
    for (const std::string& input : l.inputs) out.text(input);
  }
}

std::vector<Layer> read_rows(Reader& in) {
  std::vector<Layer> layers(in.number<uint16_t>());
  for (Layer& l : layers) {
    const auto kind = in.number<uint8_t>(), activation = in.number<uint8_t>();
    if (kind > uint8_t(Kind::add) || activation > uint8_t(Activation::logits))
      in.fail("has a row of a kind that this program does not know");
    l.kind = Kind(kind), l.activation = Activation(activation);
    l.name = read_name(in);
    l.out = in.number<int32_t>();
    for (int* value : {&l.kernel, &l.stride, &l.pad}) *value = in.number<uint16_t>();
    l.rate = in.number<float>();
    const auto inputs = in.number<uint8_t>();
    if (inputs > 2) in.fail("has a row of more than two inputs");
    for (int i = 0; i < inputs; ++i) l.inputs.push_back(read_name(in));
  }
  return layers;
}

}  // namespace tri
