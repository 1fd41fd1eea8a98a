// Kernels and clocks. Streams follow STREAM (McCalpin 1995); products are OpenBLAS's.
#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cmath>
#include <functional>
#include <thread>

#include "suite.hpp"

namespace mlsysim::benchmark {
namespace {

using Clock = std::chrono::steady_clock;

/// Threads which wait at a barrier: one of them is the caller's.
class Team {
 public:
  explicit Team(int size) : size_{size}, gate_(size) {
    for (int i = 1; i < size; ++i) threads_.emplace_back([this, i] { serve(i); });
  }
  ~Team() {
    stop_ = true;
    gate_.arrive_and_wait();
    for (auto& t : threads_) t.join();
  }
  Team(Team const&) = delete;
  Team& operator=(Team const&) = delete;

  /// Runs `work(rank, size)` on every thread.
  void run(std::function<void(int, int)> const& work) {
    if (size_ == 1) {
      work(0, 1);
      return;
    }
    work_ = &work;
    gate_.arrive_and_wait();
    work(0, size_);
    gate_.arrive_and_wait();
  }

 private:
  void serve(int rank) {
    for (;;) {
      gate_.arrive_and_wait();
      if (stop_) return;
      (*work_)(rank, size_);
      gate_.arrive_and_wait();
    }
  }
  int size_;
  std::barrier<> gate_;
  std::atomic<bool> stop_ = false;
  std::function<void(int, int)> const* work_ = nullptr;
  std::vector<std::thread> threads_;
};

struct Part {
  std::size_t begin, end;
};
Part part(std::size_t n, int rank, int size) {
  const auto r = static_cast<std::size_t>(rank), s = static_cast<std::size_t>(size);
  return {n * r / s, n * (r + 1) / s};
}

/// One execution of the row; short ones are repeated inside one timing.
std::function<void()> kernel(Row const& row, Team& team, std::vector<float>& a, std::vector<float>& b, std::vector<float>& c) {
  const auto n = static_cast<std::size_t>(row.elements);
  switch (row.op) {
    case Kernel::dispatch: return [&team] { team.run([](int, int) {}); };
    case Kernel::gemm: {
      const auto m = static_cast<blasint>(row.m), cols = static_cast<blasint>(row.n), k = static_cast<blasint>(row.k);
      a.assign(static_cast<std::size_t>(m) * static_cast<std::size_t>(k), 0.5F), b.assign(static_cast<std::size_t>(k) * static_cast<std::size_t>(cols), 0.25F), c.assign(static_cast<std::size_t>(m) * static_cast<std::size_t>(cols), 0);
      return [=, &a, &b, &c] { cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, cols, k, 1, a.data(), k, b.data(), k, 0, c.data(), cols); };
    }
    case Kernel::convolution: {
      // Windows of 3 x 3 with padding, unrolled to the rows of a product (im2col), then multiplied.
      const auto side = static_cast<long>(row.m), out = static_cast<long>(row.n), in = static_cast<long>(row.k), depth = 9 * in, positions = side * side;
      a.assign(static_cast<std::size_t>(in * positions), 0.5F), b.assign(static_cast<std::size_t>(out * depth), 0.25F), c.assign(static_cast<std::size_t>((depth + out) * positions), 0);
      // One thread unrolls: a team of our own would fight OpenBLAS's, which spins, for the cores.
      return [=, &a, &b, &c] {
        for (long d = 0; d < depth; ++d) {
          const long channel = d / 9, dy = d % 9 / 3 - 1, dx = d % 3 - 1;
          float const* image = a.data() + channel * positions;
          float* row_of = c.data() + d * positions;
          for (long y = 0; y < side; ++y)
            for (long x = 0; x < side; ++x) {
              const long v = y + dy, u = x + dx;
              row_of[y * side + x] = v < 0 || v >= side || u < 0 || u >= side ? 0 : image[v * side + u];
            }
        }
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(out), static_cast<blasint>(positions), static_cast<blasint>(depth), 1, b.data(), static_cast<blasint>(depth), c.data(), static_cast<blasint>(positions), 0,
                    c.data() + depth * positions, static_cast<blasint>(positions));
      };
    }
    case Kernel::normalization:
      a.assign(n, 0.5F), c.assign(n, 0);
      return [=, &team, &a, &c] {
        constexpr std::size_t width = 1024;
        team.run([&](int rank, int size) {
          const Part p = part(n / width, rank, size);
          for (std::size_t r = p.begin; r < p.end; ++r) {
            float const* x = a.data() + r * width;
            float sum = 0, squares = 0;
            for (std::size_t i = 0; i < width; ++i) sum += x[i], squares += x[i] * x[i];
            const float mean = sum / width, scale = 1 / std::sqrt(squares / width - mean * mean + 1e-5F);
            for (std::size_t i = 0; i < width; ++i) c[r * width + i] = (x[i] - mean) * scale;
          }
        });
      };
    default: break;
  }
  a.assign(n, 1), b.assign(n, 2), c.assign(n, 0);
  const Kernel op = row.op;
  return [=, &team, &a, &b, &c] {
    team.run([&](int rank, int size) {
      const Part p = part(n, rank, size);
      float *x = a.data(), *y = b.data(), *z = c.data();
      switch (op) {
        case Kernel::copy:
          for (std::size_t i = p.begin; i < p.end; ++i) z[i] = x[i];
          break;
        case Kernel::scale:
          for (std::size_t i = p.begin; i < p.end; ++i) z[i] = 3 * x[i];
          break;
        case Kernel::add:
          for (std::size_t i = p.begin; i < p.end; ++i) z[i] = x[i] + y[i];
          break;
        default:
          for (std::size_t i = p.begin; i < p.end; ++i) z[i] = x[i] + 3 * y[i];
          break;
      }
      // The compiler must not see that nobody reads the result.
      asm volatile("" : : "r"(z) : "memory");
    });
  };
}

}  // namespace

Row measure(Row const& shape, double budget) {
  Row row = shape;
  std::vector<float> a, b, c;
  openblas_set_num_threads(row.threads);
  Team team(row.threads);
  const auto once = kernel(row, team, a, b, c);
  const auto seconds = [&](int times) {
    const auto begin = Clock::now();
    for (int i = 0; i < times; ++i) once();
    return std::chrono::duration<double>(Clock::now() - begin).count() / times;
  };
  (void)seconds(2);
  // One timing takes at least twenty microseconds, well above what the clock resolves.
  int inner = 1;
  while (seconds(inner) * inner < 2e-5 && inner < (1 << 20)) inner *= 2;
  std::vector<double> times;
  const auto begin = Clock::now();
  while (times.size() < 5 || (std::chrono::duration<double>(Clock::now() - begin).count() < budget && times.size() < 1000)) times.push_back(seconds(inner));
  const Spread s = spread_of(times);
  row.median = s.median, row.lower = s.lower, row.upper = s.upper, row.repetitions = static_cast<int>(times.size());
  return row;
}

}  // namespace mlsysim::benchmark
