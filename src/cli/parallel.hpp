#pragma once
// Work in pieces on several threads, whose results are taken in order: what is written does not depend on how many there are.
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace mlsysim::cli {

/// Calls `work(worker, piece)` for every piece, each thread with a worker of its own from `make()`, and `take(piece, result)` in the order
/// of the pieces on the calling thread. Few results wait at a time. The first exception is thrown here after all threads have ended.
template <class Make, class Work, class Take>
void in_order(std::uint64_t pieces, unsigned threads, Make make, Work work, Take take) {
  using Worker = decltype(make());
  using Result = decltype(work(*make(), std::uint64_t{}));
  if (threads <= 1 || pieces <= 1) {
    Worker worker = make();
    for (std::uint64_t i = 0; i < pieces; ++i) take(i, work(*worker, i));
    return;
  }
  std::mutex mutex;
  std::condition_variable ready, room;
  std::map<std::uint64_t, Result> done;
  std::uint64_t next = 0, taken = 0;
  std::exception_ptr failure;
  const std::uint64_t ahead = 4ULL * threads;
  const auto fail = [&] {
    const std::lock_guard lock(mutex);
    if (!failure) failure = std::current_exception();
    ready.notify_all(), room.notify_all();
  };
  const auto run = [&] {
    try {
      Worker worker = make();
      for (;;) {
        std::uint64_t piece = 0;
        {
          std::unique_lock lock(mutex);
          room.wait(lock, [&] { return failure || next >= pieces || next < taken + ahead; });
          if (failure || next >= pieces) return;
          piece = next++;
        }
        Result result = work(*worker, piece);
        const std::lock_guard lock(mutex);
        done.emplace(piece, std::move(result));
        ready.notify_one();
      }
    } catch (...) {
      fail();
    }
  };
  std::vector<std::thread> pool;
  for (unsigned i = 0; i < threads; ++i) pool.emplace_back(run);
  try {
    while (taken < pieces) {
      std::unique_lock lock(mutex);
      ready.wait(lock, [&] { return failure || done.contains(taken); });
      if (failure) break;
      auto node = done.extract(taken);
      lock.unlock();
      take(taken, std::move(node.mapped()));
      lock.lock();
      ++taken;
      room.notify_all();
    }
  } catch (...) {
    fail();
  }
  for (auto& t : pool) t.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace mlsysim::cli
