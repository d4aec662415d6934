// The bodies that the list in add.cpp gathers, one file each.
#pragma once

#include "engine/kernels/add/add.h"

namespace tri {

void add_scalar(const AddFactors&, const AddInput&, const Epilogue&, void* y);
void add_avx2(const AddFactors&, const AddInput&, const Epilogue&, void* y);
void add_avx512(const AddFactors&, const AddInput&, const Epilogue&, void* y);

}  // namespace tri
