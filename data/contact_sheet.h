// Many pictures in one JPEG file, side by side.
#pragma once

#include "data/images.h"

namespace tri {

constexpr int kSheetColumns = 32;  // pictures in a row of a sheet
constexpr int kSheetMost = kSheetColumns * int(kLargestSide) / kSide;

// The bytes of a sheet of whole rows (REQUIRES: a multiple of kSheetColumns, up to kSheetMost),
// without labels.
std::vector<uint8_t> encode_sheet(const Dataset& pictures);
// Row by row, what the JPEG makes of them; all labels are 0. Throws Error, which names `file`, as
// decode_image does and where the picture's size is not that of a sheet.
Dataset decode_sheet(const std::vector<uint8_t>& bytes, const std::string& file);
Dataset load_sheet(const std::filesystem::path& file);

}  // namespace tri
