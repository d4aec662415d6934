// What kind of picture a file holds, and what stb_image would not ask about it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tri {

enum class PictureKind { jpeg, png, bmp, gif, tga, psd, pnm, unreadable };

// By the first bytes. A TGA file, which has no mark of its own, is one by its file's name alone.
PictureKind picture_kind(std::span<const uint8_t> bytes, const std::string& file);

// Why a file of this kind must not be handed to the decoder; empty where it may. Of what no decoder
// here reads it is the kind ("it is a WebP picture"); of the others: damage that stb_image 2.27
// would not notice, or that would let it read or write beyond its memory.
std::string why_unreadable(PictureKind kind, std::span<const uint8_t> bytes);

// Whether a name ends as those of pictures do that can be read: .jpg, .jpeg, .png, .bmp, .gif,
// .tga, .psd, .pgm, .ppm, in small letters or capitals.
bool has_readable_name(const std::string& file);
// The same, or those of pictures that cannot be read: .webp, .tif, .heic, ...
bool has_picture_name(const std::string& file);

}  // namespace tri
