// expect: data (B)
// expect: time (s)
#include "mlsysim/equations/roofline.hpp"

using namespace mlsysim;

void f(Sourced<Data> moved) { Sourced<Time> t = moved; }
