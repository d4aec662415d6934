// Many pictures in one JPEG file, side by side.
#pragma once

#include <filesystem>

#include "data/dataset.h"

namespace tri {

constexpr int kSheetColumns = 32;  // pictures in a row of a sheet
int sheet_most(Shape shape);       // pictures of this shape on a sheet, at most

// The bytes of a sheet of whole rows (REQUIRES: a multiple of kSheetColumns, up to sheet_most()),
// without labels.
std::vector<uint8_t> encode_sheet(const Dataset& pictures);
// Row by row, what the JPEG makes of them, of this shape each; all labels are 0. Throws Error,
// which names `file`, as decode_image does and where the picture's size is not that of a sheet.
Dataset decode_sheet(const std::vector<uint8_t>& bytes, const std::string& file, Shape shape);
Dataset load_sheet(const std::filesystem::path& file, Shape shape);

}  // namespace tri
