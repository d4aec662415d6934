// What the list of variants in int_conv.cpp gathers from the files of the single ISAs.
#pragma once

#include "engine/kernels/int_conv.h"

namespace tri {

// The order of the contract: [rows][K].
PackedConv pack_scalar(const Layer& layer, const int8_t* weights);
void int8_scalar(const PackedConv&, const ConvVariant::Input&, const Epilogue&, void* y);
void lut_scalar(const PackedConv&, const ConvVariant::Input&, const Epilogue&, void* y);

}  // namespace tri
