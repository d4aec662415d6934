// The bodies that the table in int_conv.cpp gathers, with how each packs its weights and what it
// costs: declarations alone. layout.h says in which order weights are packed.
#pragma once

#include "engine/kernels/conv/int_conv.h"

namespace tri {

using ConvInput = ConvVariant::Input;

PackedConv pack_scalar(const Layer& layer, const int8_t* weights);
void int8_scalar(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
void lut_scalar(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
double cost_scalar(const PackedConv&, double zeros);

PackedConv pack_int8_avx2(const Layer& layer, const int8_t* weights);
void int8_avx2(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
void depthwise_avx2(const PackedConv&, const ConvInput&, const Epilogue&, void* y);  // a part of it
void winograd_avx2(const PackedConv&, const ConvInput&, const Epilogue&, void* y);   // likewise
double cost_int8_avx2(const PackedConv&, double zeros);

PackedConv pack_int8_avx512(const Layer& layer, const int8_t* weights);
void int8_avx512(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
void depthwise_avx512(const PackedConv&, const ConvInput&, const Epilogue&,
                      void* y);  // a part of it
double cost_int8_avx512(const PackedConv&, double zeros);

PackedConv pack_int8_amx(const Layer& layer, const int8_t* weights);
void int8_amx(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
double cost_int8_amx(const PackedConv&, double zeros);

PackedConv pack_lut_avx2(const Layer& layer, const int8_t* weights);
void lut_avx2(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
double cost_lut_avx2(const PackedConv&, double zeros);

PackedConv pack_lut_avx512(const Layer& layer, const int8_t* weights);
void lut_avx512(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
double cost_lut_avx512(const PackedConv&, double zeros);

PackedConv pack_int8_neon(const Layer& layer, const int8_t* weights);  // int8_dotprod's too
void int8_neon(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
double cost_int8_neon(const PackedConv&, double zeros);

void int8_dotprod(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
double cost_int8_dotprod(const PackedConv&, double zeros);

PackedConv pack_lut_neon(const Layer& layer, const int8_t* weights);
void lut_neon(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
double cost_lut_neon(const PackedConv&, double zeros);

}  // namespace tri
