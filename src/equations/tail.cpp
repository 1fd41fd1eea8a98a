#include "mlsysim/equations/tail.hpp"

#include <cmath>

namespace mlsysim {

double normal_quantile(double p) {
  double low = -40, high = 40;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::sqrt(2.0)) / 2 < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

double harmonic(double n) {
  if (n > 10000) return portable::log(n) + 0.57721566490153286 + 1 / (2 * n) - 1 / (12 * n * n);
  double sum = 0;
  for (double k = 1; k <= n; k += 1) sum += 1 / k;
  return sum;
}

double order_level(double q, double n, double b) {
  if (b <= 0) return portable::pow(q, 1 / n);
  // Of complements, which keep their digits near one.
  double low = 0, high = 1;
  for (int i = 0; i < 100; ++i) {
    const double slow = (low + high) / 2;  // 1 - u
    double sum = 0, term = std::exp(n * std::log1p(-slow));
    for (double k = 0; k <= b; k += 1) {
      sum += term;
      term *= (n - k) / (k + 1) * slow / (1 - slow);
    }
    (sum > q ? low : high) = slow;
  }
  return 1 - (low + high) / 2;
}

}  // namespace mlsysim
